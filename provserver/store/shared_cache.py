"""A cache that the processes of a server share, in a folder that is there as long as the server is."""

import os
from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Self

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_SHARE = 8  # the folder is tidied up each time such a part of the limit has been put there

_log = structlog.get_logger("store")


@dataclass(frozen=True, slots=True)
class SharedCacheFolder:
    """Where it is, and the key that its processes have by birth; it is nowhere on disk, so what is left is rubbish."""

    folder: Path
    key: bytes

    @classmethod
    def new(cls, folder: Path) -> Self:
        """In a folder that is there, with a key of its own."""
        return cls(folder, AESGCM.generate_key(128))


class SharedCache:
    """Sealed contents by name: a name must hold everything that its content was made from. At most `limit` bytes.

    The file system may be slow, so contents are put and got in threads; to look for one costs nothing. Whatever goes
    wrong, it is as if nothing were there.
    """

    def __init__(self, place: SharedCacheFolder, limit: int) -> None:
        self._folder = place.folder
        self._key = place.key
        self._cipher = AESGCM(place.key)
        self._limit = limit
        self._since_tidied = 0

    def __contains__(self, name: Hashable) -> bool:
        """Whether there is something of this name."""
        return os.path.exists(self._path(name))  # noqa: PTH110 - a path object costs more than the question

    def get(self, name: Hashable) -> bytes | None:
        """What was put there, or None."""
        path = self._path(name)
        try:
            sealed = _read(path)
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], path.encode())
        except (OSError, InvalidTag, ValueError):  # the last where not even a nonce is left
            return None

    def put(self, name: Hashable, content: bytes) -> None:
        """Let the others have it too; what was put first makes room."""
        path, nonce = self._path(name), token_bytes(_NONCE_BYTES)
        new = f"{path}.{token_hex(8)}"
        try:
            _write(new, nonce + self._cipher.encrypt(nonce, content, path.encode()))
            os.rename(new, path)  # noqa: PTH104 - as above
            self._tidy(len(content))
        except OSError as error:
            _log.warning("file_not_shared", folder=str(self._folder), error=error.strerror)
            with suppress(OSError):
                Path(new).unlink()

    def _tidy(self, more: int) -> None:
        self._since_tidied += more
        if self._since_tidied * _SHARE < self._limit:
            return
        self._since_tidied = 0
        found = sorted(self._entries())
        surplus = sum(size for _, size, _ in found) - self._limit
        for _, size, path in found:
            if surplus <= 0:
                return
            Path(path).unlink(missing_ok=True)
            surplus -= size

    def _entries(self) -> Iterator[tuple[int, int, str]]:
        """When each was put there, its size in bytes, and where it is."""
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process tidies up as well
                    stat = entry.stat()
                    yield stat.st_mtime_ns, stat.st_size, entry.path

    def _path(self, name: Hashable) -> str:
        return f"{self._folder}/{blake2b(repr(name).encode(), key=self._key, digest_size=20).hexdigest()}"


# With as few calls as it takes: each lets another thread have the interpreter, and then waits to have it back.


def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)

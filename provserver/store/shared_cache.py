"""File cache shared by the workers of one server, in a folder that lives as long as the server."""

import asyncio
import os
from collections.abc import Hashable, Iterator, Sequence
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
_GATHERS = 0.02  # seconds
_SHARE = 8  # the folder is pruned after writes of 1/8 of the limit

_log = structlog.get_logger("store")


@dataclass(frozen=True, slots=True)
class SharedCacheFolder:
    """The folder and its encryption key, which the workers inherit.

    The key is never on disk, so leftovers are unreadable.
    """

    folder: Path
    key: bytes

    @classmethod
    def new(cls, folder: Path) -> Self:
        """For an existing folder, with a new key."""
        return cls(folder, AESGCM.generate_key(128))


class SharedCache:
    """Encrypted contents by name, bounded by `limit` bytes. A name must include everything its content depends on.

    `get` and `put` are called in threads, because the file system may be slow; a membership test is cheap, and
    `put_soon` leaves the work to a thread. Any failure counts as a miss.
    """

    def __init__(self, place: SharedCacheFolder, limit: int) -> None:
        self._folder = place.folder
        self._key = place.key
        self._cipher = AESGCM(place.key)
        self._limit = limit
        self._since_tidied = 0
        self._waiting: list[tuple[Hashable, bytes]] = []

    def __contains__(self, name: Hashable) -> bool:
        """Whether there is an entry of this name."""
        return os.path.exists(self._path(name))  # noqa: PTH110 - building a Path costs more than the check

    def get(self, name: Hashable) -> bytes | None:
        """Return the content, or None on a miss."""
        path = self._path(name)
        try:
            sealed = _read(path)
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], path.encode())
        except (OSError, InvalidTag, ValueError):  # ValueError: too short for a nonce
            return None

    def put(self, name: Hashable, content: bytes) -> None:
        """Store content for all workers; the oldest entries are evicted."""
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

    def put_soon(self, name: Hashable, content: bytes) -> None:
        """`put` within a moment, all that has come by then with one round trip to a thread. For the event loop."""
        self._waiting.append((name, content))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_later(_GATHERS, self._put_waiting)

    def _put_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        with suppress(RuntimeError):  # the server is stopping and has no threads any more
            asyncio.get_running_loop().run_in_executor(None, self._put_all, waiting)

    def _put_all(self, waiting: Sequence[tuple[Hashable, bytes]]) -> None:
        for name, content in waiting:
            self.put(name, content)

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
        """Modification time (ns), size in bytes, and path of each entry."""
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another worker may be pruning too
                    stat = entry.stat()
                    yield stat.st_mtime_ns, stat.st_size, entry.path

    def _path(self, name: Hashable) -> str:
        return f"{self._folder}/{blake2b(repr(name).encode(), key=self._key, digest_size=20).hexdigest()}"


# As few system calls as possible: each releases the GIL and then waits to get it back.


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

"""The folder of uploaded files. Files are written to a temporary name and renamed, in threads."""

import asyncio
import contextlib
import errno
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from provserver.domain.errors import StorageFull, StoreUnavailable
from provserver.domain.uploads import FILE_NAME, HEAD_BYTES

_UNFINISHED = ".upload-"
_ABANDONED_SECONDS = 86400
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Arrived:
    """A received file on disk, not yet under its final name."""

    path: Path
    size: int
    sha256: str
    head: bytes


class FileFolder:
    """The uploaded files by their generated names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place_of(self, name: str) -> Path | None:
        """The path for this name, whether or not the file exists; None for an invalid name."""
        return self._folder / name if FILE_NAME.fullmatch(name) else None

    @contextlib.asynccontextmanager
    async def receive(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[Arrived]:
        """Write the received data to a temporary file, deleted at the end of the block unless kept.

        Raises `StorageFull`, or `StoreUnavailable` if the folder is not writable.
        """
        with _failures_named():
            descriptor, name = await asyncio.to_thread(self._begin)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                size, digest, head = 0, hashlib.sha256(), b""
                async for chunk in chunks:
                    digest.update(chunk)
                    head += chunk[: HEAD_BYTES - len(head)]
                    size += len(chunk)
                    with _failures_named():
                        await asyncio.to_thread(_write, file.fileno(), chunk)
                with _failures_named():
                    await asyncio.to_thread(os.fsync, file.fileno())
            yield Arrived(path, size, digest.hexdigest(), head)
        finally:
            await asyncio.shield(asyncio.to_thread(path.unlink, missing_ok=True))

    async def keep(self, arrived: Arrived, name: str) -> None:
        """Give a received file its final name."""
        with _failures_named():
            await asyncio.to_thread(os.replace, arrived.path, self._folder / name)

    async def remove(self, names: Collection[str]) -> None:
        """Delete files; missing ones are ignored."""
        for place in filter(None, map(self.place_of, names)):
            await asyncio.to_thread(place.unlink, missing_ok=True)

    async def sweep(self, known: Collection[str]) -> int:
        """Delete what killed processes left behind: day-old temporary files, and files without a row."""
        return await asyncio.to_thread(self._sweep, known)

    def _begin(self) -> tuple[int, str]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.mkstemp(dir=self._folder, prefix=_UNFINISHED)

    def _sweep(self, known: Collection[str]) -> int:
        removed = 0
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            ours = path.name.startswith(_UNFINISHED) or FILE_NAME.fullmatch(path.name)
            if ours and path.name not in known and time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                path.unlink(missing_ok=True)
                removed += 1
        return removed


def _write(descriptor: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(descriptor, left) :]


@contextlib.contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("the disk is full; make room in the data directory and upload the file again") from error
        raise StoreUnavailable(f"uploaded files cannot be written: {error.strerror}") from error

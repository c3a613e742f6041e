"""Reloads files while the server runs: on SIGHUP, and when they have changed."""

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from provserver.domain.errors import BadConfiguration

_LOOK_SECONDS = 2.0
_DAY_SECONDS = 86400.0  # reload daily, to rotate session ticket keys: a stolen key decrypts no more than one day

_log = structlog.get_logger("listening")


class Reloader:
    """Calls `load` when `files` change. If that fails, the error is logged and the current ones stay in use."""

    def __init__(self, files: Callable[[], Iterable[Path]], load: Callable[[], object]) -> None:
        self._files = files
        self._load = load
        self._loaded = self._seen = self._look()
        self._loaded_at = time.monotonic()

    async def watch(self) -> None:
        """Check for changes periodically, and reload once a day anyway.

        A change is only acted on if it is unchanged at the next check, so that no half-written file is read.
        """
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now = await asyncio.to_thread(self._look)
            is_old = time.monotonic() - self._loaded_at > _DAY_SECONDS
            if now == self._seen and (is_old or now != self._loaded):
                await self.reload()
            self._seen = now

    async def reload(self) -> None:
        """Reload now."""
        self._loaded = self._seen = await asyncio.to_thread(self._look)
        self._loaded_at = time.monotonic()
        try:
            await asyncio.to_thread(self._load)
        except BadConfiguration as error:
            _log.error("certificates_not_reloaded", reason=error.message, kept="those from before")
        except Exception:  # noqa: BLE001 - parsers may raise anything if a file changes while being read
            _log.exception("certificates_not_reloaded", kept="those from before")
        else:
            _log.warning("certificates_reloaded")

    def _look(self) -> frozenset[tuple[str, int, int, int]]:
        return frozenset(_prints(self._files()))


def _prints(files: Iterable[Path]) -> Iterable[tuple[str, int, int, int]]:
    for path in files:
        try:
            found = path.stat()
        except OSError:
            continue
        yield str(path), found.st_ino, found.st_mtime_ns, found.st_size

"""Work that a process does again and again beside its requests: writing what it has counted, tidying up."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from provserver.domain.errors import StoreUnavailable

_log = structlog.get_logger("rounds")


class PeriodicTask:
    """Does `work` every `seconds` until stopped. What the database does not take is told, and tried the next time."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin: the first time is after `seconds`."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, also in the middle of the work."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self._work()
            except StoreUnavailable as error:
                _log.warning("work_put_off", work=self._name, error=error.message)
            except Exception:  # noqa: BLE001 - one round that breaks must not be the last one
                _log.exception("work_failed", work=self._name)

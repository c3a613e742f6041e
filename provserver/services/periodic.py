"""Periodic background tasks of a process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from provserver.domain.errors import StoreUnavailable

_log = structlog.get_logger("rounds")


class PeriodicTask:
    """Runs `work` every `seconds` until stopped. Failures are logged, and it is tried again the next time."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start; the first run is after `seconds`."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop, even during a run."""
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
            except Exception:  # noqa: BLE001 - a failed run must not end the task
                _log.exception("work_failed", work=self._name)

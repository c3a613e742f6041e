"""Loads the configured back end and its libraries on first use, to keep start-up fast and small."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib import import_module

from provserver.config import CheckSync
from provserver.domain.checksync import LineOutcome, Notifier, Registration, Route, Target


class OnDemand:
    """A lazy proxy for the result of `build_notifier` with the same arguments."""

    def __init__(self, settings: CheckSync, *, clock: Callable[[], datetime], entropy: Callable[[int], bytes]) -> None:
        self._settings, self._clock, self._entropy = settings, clock, entropy
        self._turn = asyncio.Lock()
        self._loaded: Notifier | None = None

    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        """As the back end."""
        return await (await self._back_end()).notify(targets, route, deadline_seconds)

    async def registrations(self, targets: Sequence[Target]) -> Mapping[int, Registration] | None:
        """As the back end."""
        return await (await self._back_end()).registrations(targets)

    async def close(self) -> None:
        """Close the back end, if it was ever loaded."""
        if self._loaded:
            await self._loaded.close()

    async def _back_end(self) -> Notifier:
        async with self._turn:
            if self._loaded is None:
                module = await asyncio.to_thread(import_module, "provserver.checksync.backend")
                self._loaded = module.build_notifier(self._settings, clock=self._clock, entropy=self._entropy)
            return self._loaded

"""Spares everybody the wait for a database server that has just been found out of reach."""

import time
from collections.abc import Callable

from provserver.domain.errors import StoreUnavailable

PAUSE = 1.0  # seconds during which nobody asks; then one finds out, while the others go on without


class Breaker:
    """What a process knows of its way to the database."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: float | None = None

    def check(self) -> None:
        """Whoever gets past is to ask, and to tell what came of it. Raises `StoreUnavailable`."""
        if self._until is None:
            return
        if self._clock() < self._until:
            raise StoreUnavailable("the database cannot be reached; it is asked again within a second")
        self.failed()  # for all but this one

    def failed(self) -> None:
        """The database was not reached, or did not answer in time."""
        self._until = self._clock() + PAUSE

    def answered(self) -> None:
        """It is there."""
        self._until = None

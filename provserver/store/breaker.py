"""A circuit breaker for the database server: while it is known to be unreachable, requests fail without waiting."""

import time
from collections.abc import Callable

from provserver.domain.errors import StoreUnavailable

PAUSE = 1.0  # seconds the breaker stays open; then one request tries again


class Breaker:
    """The breaker of one process. `database`: its name, for messages."""

    def __init__(self, database: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.database = database
        self._clock = clock
        self._until: float | None = None

    def check(self) -> None:
        """Raise `StoreUnavailable` if open. Whoever passes must report with `answered` or `failed`."""
        if self._until is None:
            return
        if self._clock() < self._until:
            raise StoreUnavailable(f"the database {self.database} cannot be reached; it is retried every second")
        self.failed()  # stays open for all other requests

    def failed(self) -> None:
        """The database was unreachable or did not answer in time."""
        self._until = self._clock() + PAUSE

    def answered(self) -> None:
        """The database answered."""
        self._until = None

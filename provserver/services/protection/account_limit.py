"""How much of a process one account may have at one time, so that there is always room for the phones of others."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from provserver.domain.errors import Overloaded

_OTHERS_SECONDS = 60.0  # for how long others are expected to come again


class AccountLimit:
    """Counts requests that are being answered, by account, of which each may have three quarters of the `room`.

    An account whose phones are the only ones that came within the last minute may have all of it: to refuse them costs
    nearly as much as to serve them, and room that nobody else wants serves nobody.
    """

    def __init__(self, room: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._room = room
        self._clock = clock
        self._inside: Counter[str] = Counter()
        self._latest: str | None = None
        self._shared_until = -_OTHERS_SECONDS

    @contextmanager
    def taken_by(self, account_id: str) -> Iterator[None]:
        """For as long as a request of this account is answered. Raises `Overloaded` where there are too many."""
        if self._is_shared(account_id) and self._inside[account_id] >= max(self._room() * 3 // 4, 1):
            raise Overloaded(f"{self._inside[account_id]} requests of this account are being answered")
        self._inside[account_id] += 1
        try:
            yield
        finally:
            self._inside[account_id] -= 1
            if not self._inside[account_id]:
                del self._inside[account_id]

    def _is_shared(self, account_id: str) -> bool:
        """Whether phones of another account than this one came of late."""
        now = self._clock()
        if self._latest not in (None, account_id):
            self._shared_until = now + _OTHERS_SECONDS
        self._latest = account_id
        return now < self._shared_until

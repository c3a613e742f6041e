"""Fairness between accounts: limits the share of a process that one account may use."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from provserver.domain.errors import Overloaded

_OTHERS_SECONDS = 60.0  # how long another account's request counts as recent


class AccountLimit:
    """Counts the requests in progress per account and limits each account to three quarters of `room`.

    An account that had the server to itself for the last minute may use all of it: capacity that nobody else wants
    would be wasted, and a refusal costs nearly as much as an answer.
    """

    def __init__(self, room: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._room = room
        self._clock = clock
        self._inside: Counter[str] = Counter()
        self._latest: str | None = None
        self._shared_until = -_OTHERS_SECONDS

    @contextmanager
    def taken_by(self, account_id: str) -> Iterator[None]:
        """Hold a slot while a request of this account is answered.

        Raises `Overloaded` if the account is at its limit.
        """
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
        """Whether requests of another account arrived recently."""
        now = self._clock()
        if self._latest not in (None, account_id):
            self._shared_until = now + _OTHERS_SECONDS
        self._latest = account_id
        return now < self._shared_until

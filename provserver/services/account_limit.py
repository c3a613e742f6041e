"""How much of a process one account may have at one time, so that there is always room for the phones of others."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from provserver.domain.errors import Overloaded


class AccountLimit:
    """Counts requests that are being answered, by account, of which each may have three quarters of the `room`."""

    def __init__(self, room: Callable[[], int]) -> None:
        self._room = room
        self._inside: Counter[str] = Counter()

    @contextmanager
    def taken_by(self, account_id: str) -> Iterator[None]:
        """For as long as a request of this account is answered. Raises `Overloaded` where there are too many."""
        if self._inside[account_id] >= max(self._room() * 3 // 4, 1):
            raise Overloaded(f"{self._inside[account_id]} requests of this account are being answered")
        self._inside[account_id] += 1
        try:
            yield
        finally:
            self._inside[account_id] -= 1
            if not self._inside[account_id]:
                del self._inside[account_id]

"""How many requests are looked into at one time: as many as are answered before their phones have gone.

In a storm all share the processor. With more inside than can be answered within the patience of phones nobody gets
anything: each is answered after its phone has gone, asks again, and stands in the way of the next one. So it is
watched how fast requests leave, and who would have to stay too long is told at the door to come back later.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from provserver.domain.errors import Overloaded

_ALWAYS = 16  # who is among so few tells nothing of how fast a crowd is
_FIRST_GUESS = 0.004  # seconds between two that leave, until a crowd has been seen
_WEIGHT = 0.05  # of the newest time in the mean
_NEWCOMERS = 0.5  # of the patience: who is in the middle of booting goes before who begins


class Crowd:
    """Those inside, one per process. `limit`: never more, `patience`: seconds that phones wait."""

    def __init__(self, limit: int, patience: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._limit = limit
        self._patience = patience
        self._clock = clock
        self._inside = 0
        self._left_at = 0.0  # when the last one left, and
        self._left_crowd = False  # whether he left a crowd behind
        self._pace = _FIRST_GUESS

    @property
    def room(self) -> int:
        """How many may be inside."""
        return min(self._limit, max(_ALWAYS, int(self._patience / self._pace)))

    @contextmanager
    def joined(self, *, newcomer: bool) -> Iterator[None]:
        """For as long as a request is looked into. Raises `Overloaded` where too many are."""
        room = self.room
        if self._inside >= room or (newcomer and self._inside >= max(_ALWAYS, room * _NEWCOMERS)):
            raise Overloaded(f"{self._inside} requests are being looked into")
        self._inside += 1
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        now = self._clock()
        if self._left_crowd:
            self._pace += (now - self._left_at - self._pace) * _WEIGHT
        self._inside -= 1
        self._left_at, self._left_crowd = now, self._inside >= _ALWAYS

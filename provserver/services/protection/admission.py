"""Admission control: how many requests are looked into at one time, namely as many as their phones wait for.

In a storm all share the processor. With more inside than can be answered within the patience of phones nobody gets
anything: each is answered after its phone has gone, asks again, and stands in the way of the next one. So it is
watched how long requests stay: there is less room when one stays long, and more when those in a full room leave soon.
Who finds no room stands in line for a moment, and is then told to come back later; at once, where the line is so long
that this is how it would end. A refusal must cost next to nothing: in a storm there are more of them than of answers.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from provserver.domain.errors import Overloaded

_FEWEST = 12  # for whom there is always room
_FIRST = 32  # until something is known of how long they stay
_LONG = 0.3  # of the patience: a phone waits for its connection too, and for what it has asked before
_LESS, _MORE = 0.98, 0.2  # in balance where one of ten stays long
_IN_LINE = 0.25  # of the patience
_FIRST_GUESS = 0.02  # seconds that a request stays, until some have left
_WEIGHT = 0.1  # of the newest time in the mean


class Admission:
    """Those inside and those in line, one per process. `limit`: never more, `patience`: seconds that phones wait."""

    def __init__(self, limit: int, patience: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._limit = limit
        self._patience = patience
        self._clock = clock
        self._inside = 0
        self._room = float(_FIRST)
        self._stay = _FIRST_GUESS
        self._begun: deque[asyncio.Future[None]] = deque()  # in line, in the middle of booting
        self._new: deque[asyncio.Future[None]] = deque()  # in line behind them

    @property
    def room(self) -> int:
        """How many may be inside."""
        return min(self._limit, int(self._room))

    @property
    def _waiting(self) -> int:
        return len(self._begun) + len(self._new)

    def is_hopeless(self, *, newcomer: bool) -> bool:
        """Whether there is no room, and nobody who comes now would be let in while he stands in line."""
        if self._inside < self.room:
            return False
        before = len(self._begun) + (len(self._new) if newcomer else 0)
        wait = (before + 1) * self._stay / max(self.room, 1)
        return wait > self._patience * _IN_LINE or self._inside + self._waiting >= self._limit

    @asynccontextmanager
    async def admitted(self, *, newcomer: bool) -> AsyncIterator[None]:
        """For as long as a request is looked into. Raises `Overloaded` where there is no room, and none comes.

        Whoever is in the middle of booting goes before a `newcomer`: a phone needs all of its files.
        """
        if self._inside < self.room:
            self._inside += 1
        else:
            await self._stand_in_line(newcomer)
        came_at = self._clock()
        try:
            yield
        finally:
            self._learn(self._clock() - came_at)
            self._leave()

    async def _stand_in_line(self, newcomer: bool) -> None:
        """Returns when somebody has left; who lets one in counts him."""
        if self.is_hopeless(newcomer=newcomer):
            raise Overloaded(f"{self._inside} requests are being looked into, {self._waiting} wait")
        place = asyncio.get_running_loop().create_future()
        (self._new if newcomer else self._begun).append(place)
        try:
            async with asyncio.timeout(self._patience * _IN_LINE):
                await place
        except TimeoutError:
            if place.cancelled():  # else he was let in at this very moment
                raise Overloaded(f"{self._inside} requests are being looked into") from None
        except asyncio.CancelledError:
            if not place.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        self._inside -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._inside < self.room:
            place = (self._begun or self._new).popleft()
            if not place.done():  # else he has gone
                place.set_result(None)
                self._inside += 1

    def _learn(self, stayed: float) -> None:
        self._stay += (stayed - self._stay) * _WEIGHT
        if stayed > self._patience * _LONG:
            self._room = max(self._room * _LESS, _FEWEST)
        elif self._inside * 2 >= self._room:  # of fewer it is no sign that more could be here
            self._room = min(self._room + _MORE, self._limit)

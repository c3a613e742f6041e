"""Admission control: adapts the number of concurrent requests to what can be answered before phones time out.

In a storm all requests share the CPU. With too many in progress, every answer comes after its phone has timed out, and
the retries make it worse. So the time each request takes is measured: the limit shrinks when requests are slow and
grows when they are fast at a full limit. A request over the limit waits briefly in a queue and is then refused with
Retry-After, or refused at once if the queue is too long. Refusals must be cheap: in a storm they outnumber the answers.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from provserver.domain.errors import Overloaded

_FEWEST = 12  # the limit never shrinks below this
_FIRST = 32  # initial limit, until there are measurements
_LONG = 0.3  # share of the patience; a phone's wait includes its connection and earlier requests
_LESS, _MORE = 0.98, 0.2  # decrease factor and increment; they balance when one request in ten is slow
_IN_LINE = 0.25  # share of the patience that a request may wait in the queue
_FIRST_GUESS = 0.02  # seconds per request, until there are measurements
_WEIGHT = 0.1  # of the newest sample in the moving average


class Admission:
    """Adaptive concurrency limit with a queue; one per process.

    `limit`: upper bound of requests in progress and queued. `patience`: seconds that phones wait for an answer.
    """

    def __init__(self, limit: int, patience: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._limit = limit
        self._patience = patience
        self._clock = clock
        self._inside = 0
        self._room = float(_FIRST)
        self._stay = _FIRST_GUESS
        self._begun: deque[asyncio.Future[None]] = deque()  # queued requests of phones that are already booting
        self._new: deque[asyncio.Future[None]] = deque()  # queued requests of new connections, served after those

    @property
    def room(self) -> int:
        """The current limit of concurrent requests."""
        return min(self._limit, int(self._room))

    @property
    def _waiting(self) -> int:
        return len(self._begun) + len(self._new)

    def is_hopeless(self, *, newcomer: bool) -> bool:
        """Whether a request arriving now would be refused: there is no free slot, and the queue is too long."""
        if self._inside < self.room:
            return False
        before = len(self._begun) + (len(self._new) if newcomer else 0)
        wait = (before + 1) * self._stay / max(self.room, 1)
        return wait > self._patience * _IN_LINE or self._inside + self._waiting >= self._limit

    @asynccontextmanager
    async def admitted(self, *, newcomer: bool) -> AsyncIterator[None]:
        """Hold a slot while a request is processed. Raises `Overloaded` if none becomes free in time.

        A `newcomer` (first request of a connection) queues behind phones that are already booting, as a phone needs all
        of its files.
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
        """Wait for a free slot. Whoever frees it also counts it as taken."""
        if self.is_hopeless(newcomer=newcomer):
            raise Overloaded(f"{self._inside} requests are being looked into, {self._waiting} wait")
        place = asyncio.get_running_loop().create_future()
        (self._new if newcomer else self._begun).append(place)
        try:
            async with asyncio.timeout(self._patience * _IN_LINE):
                await place
        except TimeoutError:
            if place.cancelled():  # otherwise a slot was granted at this very moment
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
            if not place.done():  # otherwise the waiter has gone
                place.set_result(None)
                self._inside += 1

    def _learn(self, stayed: float) -> None:
        self._stay += (stayed - self._stay) * _WEIGHT
        if stayed > self._patience * _LONG:
            self._room = max(self._room * _LESS, _FEWEST)
        elif self._inside * 2 >= self._room:  # a low load is no evidence that a higher limit is safe
            self._room = min(self._room + _MORE, self._limit)

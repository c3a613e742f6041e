"""Admission control: adapts the number of concurrent requests to what can be answered before phones time out.

In a storm all requests share the CPU. With too many in progress, every answer comes after its phone has timed out, and
the retries make it worse. So the time each request takes is measured: the limit shrinks when requests are slow and
grows when they are fast at a full limit. A request over the limit waits briefly in a queue and is then refused with
Retry-After, or refused at once if the queue is too long. Refusals must be cheap: in a storm they outnumber the answers.

If few addresses make all the requests, as an office behind NAT does, a request from another address goes first: whose
phone it is can only be known once it is inside (`account_limit`), where there may be no room for long.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable

from provserver.domain.errors import Overloaded

_FEWEST = 12  # the limit never shrinks below this
_FIRST = 32  # initial limit, until there are measurements
_LONG = 0.3  # share of the patience; a phone's wait includes its connection and earlier requests
_LESS, _MORE = 0.98, 0.2  # decrease factor and increment; they balance when one request in ten is slow
_IN_LINE = 0.25  # share of the patience that a request may wait in the queue
_FIRST_GUESS = 0.02  # seconds per request, until there are measurements
_WEIGHT = 0.1  # of the newest sample in the moving average
_STRANGER, _BEGUN, _NEW = range(3)  # from another address than nearly all; already booting; on a new connection


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
        self._queues: tuple[deque[asyncio.Future[None]], ...] = (deque(), deque(), deque())  # served in this order
        self._sources: Counter[str | None] = Counter()  # addresses of requests in progress and queued

    @property
    def in_flight(self) -> int:
        """Number of requests in progress."""
        return self._inside

    @property
    def room(self) -> int:
        """The current limit of concurrent requests."""
        return min(self._limit, int(self._room))

    @property
    def _waiting(self) -> int:
        return sum(map(len, self._queues))

    def is_hopeless(self, *, newcomer: bool, source: str | None) -> bool:
        """Whether a request arriving now would be refused: there is no free slot, and the queue is too long."""
        return self._inside >= self.room and self._is_too_long(self._rank(newcomer, source))

    def admitted(self, *, newcomer: bool, source: str | None) -> "_Slot":
        """Hold a slot while a request from `source` is processed. Raises `Overloaded` if none becomes free in time.

        A `newcomer` (first request of a connection) queues behind phones that are already booting, as a phone needs all
        of its files.
        """
        return _Slot(self, newcomer, source)

    async def enter(self, newcomer: bool, source: str | None) -> float:
        """Take a slot; returns the time. Raises `Overloaded`."""
        rank = self._rank(newcomer, source)
        self._sources[source] += 1
        try:
            if self._inside < self.room:
                self._inside += 1
            else:
                await self._stand_in_line(rank)
        except BaseException:
            self._forget(source)
            raise
        return self._clock()

    def leave(self, source: str | None, came_at: float) -> None:
        """Give the slot back that was taken at this time."""
        self._learn(self._clock() - came_at)
        self._leave()
        self._forget(source)

    def _forget(self, source: str | None) -> None:
        self._sources[source] -= 1
        if not self._sources[source]:
            del self._sources[source]

    def _rank(self, newcomer: bool, source: str | None) -> int:
        """The queue for a request that arrives now."""
        if source not in self._sources and len(self._sources) * 2 <= self._inside + self._waiting:
            return _STRANGER
        return _NEW if newcomer else _BEGUN

    def _is_too_long(self, rank: int) -> bool:
        """Whether the expected wait in a queue, including those before it, is too long."""
        before = sum(map(len, self._queues[: rank + 1]))
        wait = (before + 1) * self._stay / max(self.room, 1)
        return wait > self._patience * _IN_LINE or self._inside + self._waiting >= self._limit

    async def _stand_in_line(self, rank: int) -> None:
        """Wait for a free slot. Whoever frees it also counts it as taken."""
        if self._is_too_long(rank):
            raise Overloaded(f"{self._inside} requests are being looked into, {self._waiting} wait")
        place = asyncio.get_running_loop().create_future()
        self._queues[rank].append(place)
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
            place = next(queue for queue in self._queues if queue).popleft()
            if not place.done():  # otherwise the waiter has gone
                place.set_result(None)
                self._inside += 1

    def _learn(self, stayed: float) -> None:
        self._stay += (stayed - self._stay) * _WEIGHT
        if stayed > self._patience * _LONG:
            self._room = max(self._room * _LESS, _FEWEST)
        elif self._inside * 2 >= self._room:  # a low load is no evidence that a higher limit is safe
            self._room = min(self._room + _MORE, self._limit)


class _Slot:
    """A slot for the time of an `async with`. Written out, as a generator would cost several times as much."""

    __slots__ = ("_admission", "_came_at", "_newcomer", "_source")

    def __init__(self, admission: Admission, newcomer: bool, source: str | None) -> None:
        self._admission = admission
        self._newcomer = newcomer
        self._source = source
        self._came_at = 0.0

    async def __aenter__(self) -> None:
        self._came_at = await self._admission.enter(self._newcomer, self._source)

    async def __aexit__(self, *_: object) -> None:
        self._admission.leave(self._source, self._came_at)

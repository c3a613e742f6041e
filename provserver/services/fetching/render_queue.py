"""Rendering by turns: beside the event loop, few at a time, fair to accounts, and for nobody longer than phones wait.

After a power cut a whole city asks at once. Files that were made before go out from memory; those that must be made
anew queue here. Whoever would wait longer than phones have patience is told at once to come back later: work for
somebody who has already gone helps nobody. A phone that has gone and comes again finds its place in the queue, or its
file.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from provserver.domain.errors import Overloaded

Made = TypeVar("Made")

_AT_ONCE = 2  # threads share one interpreter: the second is there so that one large system does not hold up the rest
_FIRST_GUESS = 0.02  # seconds for one file, until some have been made
_WEIGHT = 0.1  # of the newest time in the mean


@dataclass(frozen=True, slots=True)
class _Job(Generic[Made]):
    key: Hashable
    work: Callable[[], Made]
    made: "asyncio.Future[Made]"


class RenderQueue(Generic[Made]):
    """One per process. `patience` is in seconds."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._mean = _FIRST_GUESS
        self._queues: OrderedDict[str, deque[_Job[Made]]] = OrderedDict()  # by account, whose turn is next first
        self._jobs: dict[Hashable, _Job[Made]] = {}
        self._workers: set[asyncio.Task[None]] = set()

    async def run(self, key: Hashable, account_id: str, work: Callable[[], Made]) -> Made:
        """What `work` returns or raises, done in a thread; who asks for the same `key` meanwhile shares it.

        Raises `Overloaded` where that would take longer than `patience`.
        """
        job = self._jobs.get(key)
        if job is None:
            if self.expected_wait(account_id) > self._patience:
                raise Overloaded(f"{len(self._jobs)} files are waiting to be made")
            job = self._enqueue(key, account_id, work)
        return await asyncio.shield(job.made)

    def expected_wait(self, account_id: str) -> float:
        """Seconds until a file would be made that this account asks for now; of others, what has its turn before."""
        mine = len(self._queues.get(account_id, ()))
        under_way = len(self._jobs) - sum(map(len, self._queues.values()))
        before = sum(min(len(queue), mine + 1) for name, queue in self._queues.items() if name != account_id)
        return (under_way + mine + before) * self._mean

    def _enqueue(self, key: Hashable, account_id: str, work: Callable[[], Made]) -> _Job[Made]:
        job = self._jobs[key] = _Job(key, work, asyncio.get_running_loop().create_future())
        self._queues.setdefault(account_id, deque()).append(job)
        if len(self._workers) < _AT_ONCE:
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
        return job

    def _next(self) -> _Job[Made]:
        """The oldest of the account whose turn it is, which then goes to the end."""
        account_id, queue = self._queues.popitem(last=False)
        job = queue.popleft()
        if queue:
            self._queues[account_id] = queue
        return job

    async def _work(self) -> None:
        try:
            await self._work_off()
        finally:  # not in a callback, which comes a moment later: who came in between would wait for nobody
            self._workers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _work_off(self) -> None:
        while self._queues:
            job = self._next()
            started = time.perf_counter()
            try:
                job.made.set_result(await asyncio.to_thread(job.work))
            except Exception as error:  # noqa: BLE001 - whoever waits is told
                job.made.set_exception(error)
                job.made.exception()  # it may be that nobody waits any more
            finally:
                del self._jobs[job.key]
            self._mean += (time.perf_counter() - started - self._mean) * _WEIGHT

"""Render queue: renders in threads with limited concurrency, round-robin over accounts, and with back-pressure.

After a mass restart, cached files are served from memory and the rest queues here. A request that would have to wait
longer than phones do is refused at once with Retry-After, because a file rendered after the phone has given up is
wasted work. A phone that retries joins its pending job or finds the finished file.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from provserver.domain.errors import Overloaded
from provserver.threads import started

Made = TypeVar("Made")

_AT_ONCE = 2  # the GIL limits the gain; the second thread keeps one large DECT system from blocking the rest
_FIRST_GUESS = 0.02  # seconds per file, until there are measurements
_WEIGHT = 0.1  # of the newest sample in the moving average


@dataclass(frozen=True, slots=True)
class _Job(Generic[Made]):
    key: Hashable
    work: Callable[[], Made]
    made: "asyncio.Future[Made]"


class RenderQueue(Generic[Made]):
    """One per process. `patience`: longest acceptable wait in seconds."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._mean = _FIRST_GUESS
        self._queues: OrderedDict[str, deque[_Job[Made]]] = OrderedDict()  # by account, next turn first
        self._jobs: dict[Hashable, _Job[Made]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="render")

    async def run(self, key: Hashable, account_id: str, work: Callable[[], Made]) -> Made:
        """Run `work` in a thread and return its result.

        Concurrent calls with the same `key` are coalesced into one job.

        Raises `Overloaded` if the expected wait exceeds `patience`, and whatever `work` raises.
        """
        job = self._jobs.get(key)
        if job is None:
            if self.expected_wait(account_id) > self._patience:
                raise Overloaded(f"{len(self._jobs)} files are waiting to be made")
            job = self._enqueue(key, account_id, work)
        return await asyncio.shield(job.made)

    def expected_wait(self, account_id: str) -> float:
        """Estimated seconds until a new job of this account would finish, given round-robin scheduling."""
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
        """Pop the oldest job of the account whose turn it is, and move the account to the end."""
        account_id, queue = self._queues.popitem(last=False)
        job = queue.popleft()
        if queue:
            self._queues[account_id] = queue
        return job

    async def _work(self) -> None:
        try:
            await self._work_off()
        finally:  # here rather than in a done callback, which runs later: a job queued in between would get no worker
            self._workers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _work_off(self) -> None:
        while self._queues:
            job = self._next()
            started_at = time.perf_counter()
            try:
                job.made.set_result(await started(self._threads, job.work))
            except Exception as error:  # noqa: BLE001 - passed on to the waiting callers
                job.made.set_exception(error)
                job.made.exception()  # mark as retrieved: there may be no waiter left
            finally:
                del self._jobs[job.key]
            self._mean += (time.perf_counter() - started_at - self._mean) * _WEIGHT

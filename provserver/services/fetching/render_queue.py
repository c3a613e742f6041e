"""Render queue: renders with limited concurrency, round-robin over accounts, and with back-pressure.

Most files take a millisecond and are rendered on the event loop, one per iteration. A thread would not be faster: the
interpreter runs one thread at a time, and the loop would have to wait for it at every system call. Files that take
longer, such as those of large DECT systems, are rendered in threads.

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

_AT_ONCE = 2  # the GIL limits the gain; the second job keeps one large DECT system from blocking the rest
_QUICK = 0.005  # seconds of CPU time up to which a file is rendered on the event loop
_FIRST_GUESS = 0.02  # seconds per file, until there are measurements
_WEIGHT = 0.1  # of the newest sample in the moving average


@dataclass(frozen=True, slots=True)
class _Job(Generic[Made]):
    key: Hashable
    kind: Hashable
    work: Callable[[], Made]
    made: "asyncio.Future[Made]"


class RenderQueue(Generic[Made]):
    """One per process. `patience`: longest acceptable wait in seconds."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._mean = _FIRST_GUESS
        self._queues: OrderedDict[str, deque[_Job[Made]]] = OrderedDict()  # by account, next turn first
        self._jobs: dict[Hashable, _Job[Made]] = {}
        self._took: dict[Hashable, float] = {}  # seconds of CPU time, by kind
        self._workers: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="render")

    async def run(self, key: Hashable, account_id: str, work: Callable[[], Made], *, kind: Hashable = None) -> Made:
        """Run `work` and return its result. It runs in a thread, unless the last work of its `kind` was quick.

        Concurrent calls with the same `key` are coalesced into one job. There must be few kinds.

        Raises `Overloaded` if the expected wait exceeds `patience`, and whatever `work` raises.
        """
        job = self._jobs.get(key)
        if job is None:
            if self.expected_wait(account_id) > self._patience:
                raise Overloaded(f"{len(self._jobs)} files are waiting to be made")
            job = self._enqueue(account_id, _Job(key, kind, work, asyncio.get_running_loop().create_future()))
        return await asyncio.shield(job.made)

    def expected_wait(self, account_id: str) -> float:
        """Estimated seconds until a new job of this account would finish, given round-robin scheduling."""
        mine = len(self._queues.get(account_id, ()))
        under_way = len(self._jobs) - sum(map(len, self._queues.values()))
        before = sum(min(len(queue), mine + 1) for name, queue in self._queues.items() if name != account_id)
        return (under_way + mine + before) * self._mean

    def _enqueue(self, account_id: str, job: _Job[Made]) -> _Job[Made]:
        self._jobs[job.key] = job
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
                job.made.set_result(await self._made(job))
            except Exception as error:  # noqa: BLE001 - passed on to the waiting callers
                job.made.set_exception(error)
                job.made.exception()  # mark as retrieved: there may be no waiter left
            finally:
                del self._jobs[job.key]
            self._mean += (time.perf_counter() - started_at - self._mean) * _WEIGHT

    async def _made(self, job: _Job[Made]) -> Made:
        def timed() -> Made:
            before = time.thread_time()
            made = job.work()
            self._took[job.kind] = time.thread_time() - before
            return made

        if self._took.get(job.kind, _QUICK) < _QUICK:
            await asyncio.sleep(0)  # between two files, the loop sees to everything else
            return timed()
        return await started(self._threads, timed)

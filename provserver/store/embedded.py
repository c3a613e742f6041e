"""Runs whole SQLite transactions in our own threads.

With aiosqlite each statement makes several round trips to a thread, which cost more than SQLite itself. The
transactions of a phone's first fetch are run this way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from sqlalchemy import URL, Connection, Dialect, Engine, StaticPool, create_engine
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store import sqlite

Made = TypeVar("Made")
Work = Callable[[AsyncConnection], Awaitable[Made]]

_THREADS = 3  # one of them may be writing, blocked by the disk; a read takes less than a millisecond

_GUESTS = 2  # connections for other threads that read along the way; further ones take turns


class Threads:
    """A thread pool with its own connections. `wait`: seconds to wait for a writer in another process."""

    def __init__(self, url: URL, wait: float) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self.engine = create_engine(
            url.set(drivername="sqlite"),
            pool_size=_THREADS + _GUESTS,
            max_overflow=0,
            pool_use_lifo=True,  # the most recently used connection still has valid cached pages
            hide_parameters=True,
        )
        sqlite.prepare_connections(self.engine, wait)
        self.own_engine = create_engine(self.engine.url, poolclass=StaticPool, hide_parameters=True)
        sqlite.prepare_connections(self.own_engine, 0)

    async def read(self, work: Work[Made]) -> Made:
        """Run `work` in a read-only transaction and return its result."""
        return await self._run(work, writes=False)

    def read_here(self, work: Work[Made]) -> Made:
        """The same in the calling thread, which must not be the event loop's."""
        return _transact(self.engine, work, writes=False)

    def read_at_once(self, work: Work[Made]) -> Made:
        """The same on the event loop, for pages in memory. Fails instead of waiting for a lock."""
        return _transact(self.own_engine, work, writes=False)

    async def write(self, work: Work[Made]) -> Made:
        """Run `work` in a write transaction that is committed. It completes even if the caller is cancelled."""
        return await self._run(work, writes=True)

    async def close(self) -> None:
        """Close the threads and connections. Later calls open new ones."""
        threads, self._threads = self._threads, None
        if threads:
            await asyncio.to_thread(threads.shutdown)
        self.engine.dispose()
        self.own_engine.dispose()

    async def _run(self, work: Work[Made], *, writes: bool) -> Made:
        self._threads = self._threads or ThreadPoolExecutor(_THREADS, thread_name_prefix="sqlite")
        running = asyncio.get_running_loop().run_in_executor(self._threads, _transact, self.engine, work, writes)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])  # keep the caller's turn as writer until the transaction has ended
            raise


def _transact(engine: Engine, work: Work[Made], writes: bool) -> Made:
    with engine.connect() as conn:
        # Issued here rather than in an event hook, which would be called for every statement.
        conn.exec_driver_sql(sqlite.beginning(writes=writes))
        made = _done(work(cast("AsyncConnection", _AtOnce(conn))))
        if writes:
            conn.commit()
    return made


def _done(work: Awaitable[Made]) -> Made:
    """Run a coroutine that never has to wait, and return its result."""
    steps = work.__await__()
    while True:
        try:
            waits_for = next(steps)
        except StopIteration as end:
            return cast("Made", end.value)
        if waits_for is not None:  # None: asyncio.sleep(0)
            raise RuntimeError(f"work in a thread of the database waits for something else: {waits_for!r}")


class _AtOnce:
    """The part of `AsyncConnection` that the store uses, over a synchronous connection."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    @property
    def dialect(self) -> Dialect:
        return self._conn.dialect

    async def execute(self, *asked: Any) -> Any:
        return self._conn.execute(*asked)

    async def exec_driver_sql(self, *asked: Any) -> Any:
        return self._conn.exec_driver_sql(*asked)

    async def scalar(self, *asked: Any) -> Any:
        return self._conn.scalar(*asked)

    async def scalars(self, *asked: Any) -> Any:
        return self._conn.scalars(*asked)

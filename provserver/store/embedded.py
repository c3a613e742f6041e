"""SQLite in threads of our own: a whole transaction at one go.

Otherwise each statement goes to a thread and back four times, which costs more than what SQLite does meanwhile. What a
phone's first fetch needs is read and written so.
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

_THREADS = 3  # one of them may write, and stands still while the disk does; reading takes less than a millisecond

_GUESTS = 2  # threads of others that read on their way; more of them take turns


class Threads:
    """Runs work on connections of its own. `wait`: for a writer in another process, in seconds."""

    def __init__(self, url: URL, wait: float) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self.engine = create_engine(
            url.set(drivername="sqlite"),
            pool_size=_THREADS + _GUESTS,
            max_overflow=0,
            pool_use_lifo=True,  # what a connection remembers of the file is gone once another has written
            hide_parameters=True,
        )
        sqlite.prepare_connections(self.engine, wait)
        self.own_engine = create_engine(self.engine.url, poolclass=StaticPool, hide_parameters=True)
        sqlite.prepare_connections(self.own_engine, 0)

    async def read(self, work: Work[Made]) -> Made:
        """What `work` returns, done in one transaction that changes nothing."""
        return await self._run(work, writes=False)

    def read_here(self, work: Work[Made]) -> Made:
        """The same in the thread that calls this, which is not the event loop's."""
        return _transact(self.engine, work, writes=False)

    def read_at_once(self, work: Work[Made]) -> Made:
        """The same on the event loop, for what is in memory: it waits for nobody, but fails where that would be."""
        return _transact(self.own_engine, work, writes=False)

    async def write(self, work: Work[Made]) -> Made:
        """The same in a transaction that is committed; it goes on to its end even where nobody waits any more."""
        return await self._run(work, writes=True)

    async def close(self) -> None:
        """End the threads and their connections; whoever comes later gets new ones."""
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
            await asyncio.wait([running])  # whose turn it is to write keeps it as long
            raise


def _transact(engine: Engine, work: Work[Made], writes: bool) -> Made:
    with engine.connect() as conn:
        # Said here, not by an event: an engine with one asks for all of them at each statement.
        conn.exec_driver_sql(sqlite.beginning(writes=writes))
        made = _done(work(cast("AsyncConnection", _AtOnce(conn))))
        if writes:
            conn.commit()
    return made


def _done(work: Awaitable[Made]) -> Made:
    """What a coroutine returns that has nothing to wait for."""
    steps = work.__await__()
    while True:
        try:
            waits_for = next(steps)
        except StopIteration as end:
            return cast("Made", end.value)
        if waits_for is not None:  # None: it only lets others go first
            raise RuntimeError(f"work in a thread of the database waits for something else: {waits_for!r}")


class _AtOnce:
    """The part of an `AsyncConnection` that the store uses, on a connection whose answers are there at once."""

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

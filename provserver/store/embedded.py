"""Runs whole SQLite transactions in our own threads.

With aiosqlite each statement makes several round trips to a thread, which cost more than SQLite itself. The
transactions of a phone's first fetch are run this way.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar, cast

from sqlalchemy import URL, Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store import sqlite
from provserver.store.direct import DirectConnection
from provserver.threads import started

_SLOW = 0.01  # seconds; a slower read of a few rows means a disk access or a busy machine
_WARY = 1.0  # seconds until a read on the event loop is tried again

Made = TypeVar("Made")
Work = Callable[[AsyncConnection], Awaitable[Made]]

_THREADS = 3  # one of them may be writing, blocked by the disk; a read takes less than a millisecond

_IDLE = _THREADS  # connections


class Threads:
    """A thread pool with its own connections. `wait`: seconds to wait for a writer in another process."""

    def __init__(self, url: URL, wait: float) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._pool = _Pool(url.set(drivername="sqlite"), wait)
        self._own_pool = _Pool(url.set(drivername="sqlite"), 0)  # for the event loop; does not wait for locks

        self._slow_until = 0.0

    @property
    def engines(self) -> list[Engine]:
        """The engines of both pools."""
        return [self._pool.engine, self._own_pool.engine]

    async def read(self, work: Work[Made]) -> Made:
        """Run `work` in a read-only transaction and return its result."""
        return await self._run(work, writes=False)

    @property
    def reads_quickly(self) -> bool:
        """Whether `read_at_once` is likely to succeed quickly, judging by the last reads."""
        return time.monotonic() >= self._slow_until

    def read_at_once(self, work: Work[Made]) -> Made:
        """The same on the event loop, for pages in memory. Fails instead of waiting for a lock."""
        started = time.monotonic()
        try:
            return self._own_pool.transact(work, writes=False)
        finally:
            now = time.monotonic()
            if now - started > _SLOW:
                self._slow_until = now + _WARY

    async def write(self, work: Work[Made]) -> Made:
        """Run `work` in a write transaction that is committed. It completes even if the caller is cancelled."""
        return await self._run(work, writes=True)

    async def close(self) -> None:
        """Close the threads and connections. Later calls open new ones."""
        threads, self._threads = self._threads, None
        if threads:
            await asyncio.to_thread(threads.shutdown)
        self._pool.close()
        self._own_pool.close()

    async def _run(self, work: Work[Made], *, writes: bool) -> Made:
        self._threads = self._threads or ThreadPoolExecutor(_THREADS, thread_name_prefix="sqlite")
        running = started(self._threads, partial(self._pool.transact, work, writes))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])  # keep the caller's turn as writer until the transaction has ended
            raise


class _Pool:
    """A pool of open connections with minimal overhead. A connection is discarded after any error."""

    def __init__(self, url: URL, wait: float) -> None:
        self.engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        sqlite.prepare_connections(self.engine, wait)
        self._idle: list[DirectConnection] = []

    def transact(self, work: Work[Made], writes: bool) -> Made:
        """Run `work` in a transaction and return its result."""
        conn = None
        try:
            conn = self._take()
            conn.begin(writes=writes)
            made = _done(work(cast("AsyncConnection", conn)))
            conn.commit()
        except BaseException as error:
            if conn:
                conn.close()
            if isinstance(error, sqlite3.Error):
                raise _as_sqlalchemy(error) from error
            raise
        if len(self._idle) < _IDLE:
            self._idle.append(conn)
        else:
            conn.close()
        return made

    def close(self) -> None:
        """Close all unused connections."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> DirectConnection:
        """The most recently used connection, as its cached pages are most likely still valid."""
        try:
            return self._idle.pop()
        except IndexError:
            return DirectConnection(self.engine)


def _as_sqlalchemy(error: sqlite3.Error) -> BaseException:
    """Convert a driver error to SQLAlchemy's classes, which the rest of the store expects."""
    return DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True)


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

"""Opens transactions. All failures of the database itself are raised as `StoreUnavailable`."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Engine, event, literal, make_url, select
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from provserver.domain.errors import BadConfiguration, Contended, StoreUnavailable
from provserver.store import postgresql, sqlite
from provserver.store.breaker import Breaker
from provserver.store.embedded import Threads
from provserver.store.postgresql import Limits
from provserver.store.sealing import Sealer

Connection = AsyncConnection  # an open transaction, as all functions of the store take it
Made = TypeVar("Made")

_ONE_STATE = "REPEATABLE READ"
_PAUSE, _LONGEST_PAUSE = 0.02, 0.32  # seconds: first retry delay, doubled each time up to the second value
_MISTAKES = (IntegrityError, DataError, ProgrammingError, NotSupportedError)


class Database:
    """One database, with the sealer of its secrets. One per process, used from one event loop."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer, wait: float = 5.0, threads: Threads | None = None) -> None:
        self._engine = engine
        self._wait = wait
        self.embedded = engine.dialect.name == "sqlite"
        self.name = str(engine.url.database) if self.embedded else postgresql.name_of(engine.url)
        self.breaker = Breaker(self.name)
        self._threads = threads
        # Other exceptions that mean an outage. The PostgreSQL driver is not imported for SQLite.
        self._away: tuple[type[Exception], ...] = (NoFreeConnection, OSError)
        if not self.embedded:
            self._away += postgresql.failures()
        self._unconnected: tuple[type[Exception], ...] = (DBAPIError, *self._away)
        self._reading, self._writing, self._adding = (
            engine.execution_options(**options) for options in _options(engine.dialect.name)
        )
        # SQLite allows one writer at a time.
        self._turn: Callable[[], AbstractAsyncContextManager[Any]] = (
            sqlite.Turns().take if self.embedded else nullcontext
        )
        self.sealer = sealer

    @classmethod
    def open(cls, url: str | URL, sealer: Sealer, limits: Limits = Limits()) -> Self:  # noqa: B008 - Limits is frozen
        """Prepare the database at `url` (`sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`).

        Connects on first use.

        For SQLite, `limits.wait` (seconds) is also how long a writer waits for one in another process.
        """
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):  # is not repeated: it may hold a password
            raise BadConfiguration(
                "database.url: is not a URL like postgresql+asyncpg://user:password@host/name"
            ) from None
        embedded = parsed.get_backend_name() == "sqlite"
        if not embedded:
            postgresql.check_url(parsed)
        engine = create_async_engine(
            parsed,
            connect_args={} if embedded else postgresql.connect_args(parsed, limits),
            pool_size=limits.connections,
            max_overflow=0,
            pool_timeout=limits.wait,
            pool_use_lifo=True,
            pool_pre_ping=not embedded,
            hide_parameters=True,  # names, addresses and hashes must not get into logs
        )
        if embedded:
            sqlite.prepare(engine.sync_engine, limits.wait)
        else:
            postgresql.prepare(engine.sync_engine)
        return cls(engine, sealer, limits.wait, Threads(parsed, limits.wait) if embedded else None)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A read-only transaction with a consistent snapshot. Raises `StoreUnavailable`.

        The block must do database work only: an `OSError` raised inside counts as an outage.
        """
        with self._outages():
            async with self._connected(self._reading) as conn:
                yield conn

    async def look(self, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        """Run `work` in a read-only transaction and return its result. Raises `StoreUnavailable`.

        `work` must await nothing but the database: with SQLite it runs to completion in a thread.
        """
        if self._threads is None:
            async with self.read() as conn:
                return await work(conn)
        with self._outages():
            return await self._threads.read(work)

    async def look_up(self, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        """`look` for a few rows. Raises `StoreUnavailable`.

        If SQLite's pages are in memory, it is read on the event loop, which takes less time than the round trip to a
        thread.
        """
        if self._threads and self._threads.reads_quickly:
            with suppress(StoreUnavailable), self._outages():  # busy: fall back to a thread, which can wait
                return self._threads.read_at_once(work)
        return await self.look(work)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction, committed at the end of the block and rolled back by any exception.

        When the block has ended, the write is durable. Raises `StoreUnavailable`, or `Contended` if a server aborts it
        because of a concurrent write to the same rows; the caller should then retry.
        """
        with self._outages():
            async with self._turn(), self._connected(self._writing) as conn, conn.begin():
                yield conn

    async def settle(self, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        """Run `work` in a write transaction, retried on contention, and return its result."""
        return await self.persist(lambda: self._once(self._writing, work))

    async def add(self, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        """Like `settle`, for work that locks every row it changes and depends on no others.

        `work` must await nothing but the database, as with `look`.
        """
        threads = self._threads
        return await self.persist(lambda: self._at_one_go(threads, work) if threads else self._once(self._adding, work))

    async def persist(self, work: Callable[[], Awaitable[Made]]) -> Made:
        """Run `work`, retrying while it raises `Contended`. Raises `StoreUnavailable` after `wait` seconds.

        The limit is a time rather than a number of tries, because contention is more frequent on slow machines.
        """
        until, pause = time.monotonic() + self._wait, _PAUSE
        while True:
            try:
                return await work()
            except Contended as error:
                if time.monotonic() > until:
                    raise StoreUnavailable("others write the same all the time; try again later") from error
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter, not secret
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _once(self, engine: AsyncEngine, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        with self._outages():
            async with self._turn(), self._connected(engine) as conn, conn.begin():
                return await work(conn)

    async def _at_one_go(self, threads: Threads, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        with self._outages():
            async with self._turn():
                return await threads.write(work)

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """A pooled connection.

        With a server, a failed attempt opens the circuit breaker, so that others fail at once.
        """
        async with AsyncExitStack() as stack:
            if self.embedded:
                conn = await stack.enter_async_context(engine.connect())
            else:
                self.breaker.check()
                try:
                    async with asyncio.timeout(self._wait + 1):  # includes the ping that detects a dead connection
                        conn = await stack.enter_async_context(engine.connect())
                except self._unconnected:
                    self.breaker.failed()
                    raise
                self.breaker.answered()
            yield conn

    def _outages(self) -> AbstractContextManager[None]:
        return _outages_named(self.name, self._away)

    async def ping(self) -> None:
        """Run a trivial query. Raises `StoreUnavailable`."""
        async with self.read() as conn:
            await conn.execute(select(literal(1)))

    async def close(self) -> None:
        """Close all connections; those in use are closed when they are returned."""
        if self._threads:
            await self._threads.close()
        pool = self._engine.sync_engine.pool
        await self._engine.dispose()
        event.listen(pool, "checkin", _close_returned)

    @property
    def engine(self) -> AsyncEngine:
        """The engine of most transactions."""
        return self._engine

    @property
    def engines(self) -> list[Engine]:
        """All engines, for instrumentation."""
        own = self._threads.engines if self._threads else []
        return [self._engine.sync_engine, *own]


def _close_returned(_: Any, record: ConnectionPoolEntry) -> None:
    record.invalidate()


def _options(dialect: str) -> tuple[dict[str, Any], ...]:
    """Engine options for reading, for writing, and for writing that locks row by row."""
    if dialect == "sqlite":
        return {}, {sqlite.WRITES: True}, {sqlite.WRITES: True}
    # A device and its lines are read in two statements, which must see one snapshot. SQLite and CockroachDB guarantee
    # that; PostgreSQL needs REPEATABLE READ. Conflicting writes always change or lock a common row (a revision), so the
    # later one is aborted. SERIALIZABLE would abort many more, because it also tracks the pages read.
    if dialect == "postgresql":
        return tuple({"isolation_level": level} for level in (_ONE_STATE, _ONE_STATE, "READ COMMITTED"))
    return {}, {}, {}


@contextmanager
def _outages_named(database: str, away: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if postgresql.is_contended(error):
            raise Contended("others write the same; try again") from error
        if isinstance(error, _MISTAKES) and not error.connection_invalidated:
            raise
        raise StoreUnavailable(f"the database {database} does not answer: {error.orig}") from error
    except away as error:
        why = str(error) or "no answer in time"  # of a `TimeoutError`, which has no text
        raise StoreUnavailable(f"the database {database} cannot be reached: {why}") from error

"""Opens transactions. Whatever is wrong with the database itself leaves here as `StoreUnavailable`."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Engine, literal, make_url, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from provserver.domain.errors import Contended, StoreUnavailable
from provserver.store import postgresql, sqlite
from provserver.store.breaker import Breaker
from provserver.store.embedded import Threads
from provserver.store.postgresql import Limits
from provserver.store.sealing import Sealer

Connection = AsyncConnection  # an open transaction, as every function of the store takes it
Made = TypeVar("Made")

_ONE_STATE = "REPEATABLE READ"
_PAUSE, _LONGEST_PAUSE = 0.02, 0.32  # seconds before the second try; twice that before the next, up to a point
_MISTAKES = (IntegrityError, DataError, ProgrammingError, NotSupportedError)


class Database:
    """One database and the sealer of its secrets; one per process, used from one event loop."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer, wait: float = 5.0, threads: Threads | None = None) -> None:
        self._engine = engine
        self._wait = wait
        self.breaker = Breaker()
        self.embedded = engine.dialect.name == "sqlite"
        self._threads = threads
        # What else means an outage; the embedded database has no use for the driver of the other.
        self._away: tuple[type[Exception], ...] = (NoFreeConnection, OSError)
        if not self.embedded:
            self._away += postgresql.failures()
        self._unconnected: tuple[type[Exception], ...] = (DBAPIError, *self._away)
        self._reading, self._writing, self._adding = (
            engine.execution_options(**options) for options in _options(engine.dialect.name)
        )
        # SQLite has one writer at a time.
        self._turn: Callable[[], AbstractAsyncContextManager[Any]] = (
            sqlite.Turns().take if self.embedded else nullcontext
        )
        self.sealer = sealer

    @classmethod
    def open(cls, url: str | URL, sealer: Sealer, limits: Limits = Limits()) -> Self:  # noqa: B008 - it is frozen
        """Prepare the database at `url` (`sqlite+aiosqlite:///…`, `postgresql+asyncpg://…`); connects at first use.

        With SQLite `limits.wait` is also how long a writer waits for one in another process.
        """
        parsed = make_url(url)
        embedded = parsed.get_backend_name() == "sqlite"
        engine = create_async_engine(
            parsed,
            connect_args={} if embedded else postgresql.connect_args(parsed, limits),
            pool_size=limits.connections,
            max_overflow=0,
            pool_timeout=limits.wait,
            pool_use_lifo=True,
            pool_pre_ping=not embedded,
            hide_parameters=True,  # names, addresses and hashes have no business in a log
        )
        if embedded:
            sqlite.prepare(engine.sync_engine, limits.wait)
        else:
            postgresql.prepare(engine.sync_engine)
        return cls(engine, sealer, limits.wait, Threads(parsed, limits.wait) if embedded else None)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that sees one state of the database and changes nothing. Raises `StoreUnavailable`.

        The block does database work only: an `OSError` from inside it counts as an outage too.
        """
        with _outages_named(self._away):
            async with self._connected(self._reading) as conn:
                yield conn

    async def look(self, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        """What `work` returns, done in such a transaction. Raises `StoreUnavailable`.

        It waits for nothing but the database: the embedded one is asked in a thread, all at one go.
        """
        if self._threads is None:
            async with self.read() as conn:
                return await work(conn)
        with _outages_named(self._away):
            return await self._threads.read(work)

    async def look_again(self, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        """`look` at what was looked at a moment ago. Raises `StoreUnavailable`.

        So it is in memory, and the embedded database tells it on the event loop itself in less time than the way to a
        thread and back takes.
        """
        if self._threads:
            with suppress(StoreUnavailable), _outages_named(self._away):  # busy: a thread can wait
                return self._threads.read_at_once(work)
        return await self.look(work)

    async def look_later(self, work: Callable[[Connection], Awaitable[Made]]) -> Callable[[], Made]:
        """What tells what `work` returns, for somebody who goes on with it in a thread. Both raise `StoreUnavailable`.

        The embedded database is asked there, which spares the way to another thread and back.
        """
        threads = self._threads
        if threads is None:
            found = await self.look(work)
            return lambda: found

        def look() -> Made:
            with _outages_named(self._away):
                return threads.read_here(work)

        return look

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end of the block, undone by any exception. Raises `StoreUnavailable`.

        Once the block has been left, what it wrote survives a power cut. Where another has meanwhile changed a row that
        it changes or has locked, a server raises `Contended`, and the caller begins anew.
        """
        with _outages_named(self._away):
            async with self._turn(), self._connected(self._writing) as conn, conn.begin():
                yield conn

    async def settle(self, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        """What `work` returns, done in a write transaction; begun anew where the database undoes it."""
        return await self.persist(lambda: self._once(self._writing, work))

    async def add(self, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        """The same for work that locks each row it changes and needs nothing else to stand still.

        It waits for nothing but the database, as in `look`.
        """
        threads = self._threads
        return await self.persist(lambda: self._at_one_go(threads, work) if threads else self._once(self._adding, work))

    async def persist(self, work: Callable[[], Awaitable[Made]]) -> Made:
        """What `work` returns; begun anew where it is `Contended`. Raises `StoreUnavailable` when `wait` is over.

        By time and not by number: the slower the machine, the more often others come in between.
        """
        until, pause = time.monotonic() + self._wait, _PAUSE
        while True:
            try:
                return await work()
            except Contended as error:
                if time.monotonic() > until:
                    raise StoreUnavailable("others write the same all the time; try again later") from error
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - apart, not secret
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _once(self, engine: AsyncEngine, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        with _outages_named(self._away):
            async with self._turn(), self._connected(engine) as conn, conn.begin():
                return await work(conn)

    async def _at_one_go(self, threads: Threads, work: Callable[[Connection], Awaitable[Made]]) -> Made:
        with _outages_named(self._away):
            async with self._turn():
                return await threads.write(work)

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """A connection that is there. With a server, whoever finds that there is none spares the others the wait."""
        async with AsyncExitStack() as stack:
            if self.embedded:
                conn = await stack.enter_async_context(engine.connect())
            else:
                self.breaker.check()
                try:
                    async with asyncio.timeout(self._wait + 1):  # also for the ping of a connection that is dead
                        conn = await stack.enter_async_context(engine.connect())
                except self._unconnected:
                    self.breaker.failed()
                    raise
                self.breaker.answered()
            yield conn

    async def ping(self) -> None:
        """Ask for nothing; raises `StoreUnavailable` where there is no answer."""
        async with self.read() as conn:
            await conn.execute(select(literal(1)))

    async def close(self) -> None:
        """Close every connection."""
        if self._threads:
            await self._threads.close()
        await self._engine.dispose()

    @property
    def engine(self) -> AsyncEngine:
        """The engine of most transactions."""
        return self._engine

    @property
    def engines(self) -> list[Engine]:
        """All engines, for instruments that listen to their events."""
        own = [self._threads.engine, self._threads.own_engine] if self._threads else []
        return [self._engine.sync_engine, *own]


def _options(dialect: str) -> tuple[dict[str, Any], ...]:
    """How engines begin their transactions: to read, to write, and to write row by row."""
    if dialect == "sqlite":
        return {}, {sqlite.WRITES: True}, {sqlite.WRITES: True}
    # A record and its lines are two statements that must speak of one state. SQLite's and CockroachDB's transactions
    # see one by nature, PostgreSQL's when told. Two writes that must not pass each other change, or lock, a common row
    # (a revision), so that the later one is undone; SERIALIZABLE would undo many more, for the pages they have read.
    if dialect == "postgresql":
        return tuple({"isolation_level": level} for level in (_ONE_STATE, _ONE_STATE, "READ COMMITTED"))
    return {}, {}, {}


@contextmanager
def _outages_named(away: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if postgresql.is_contended(error):
            raise Contended("others write the same; try again") from error
        if isinstance(error, _MISTAKES) and not error.connection_invalidated:
            raise
        raise StoreUnavailable(f"the database does not answer: {error.orig}") from error
    except away as error:
        raise StoreUnavailable(f"the database cannot be reached: {error}") from error

"""Opens transactions. Whatever is wrong with the database itself leaves here as `StoreUnavailable`."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any, Self

from sqlalchemy import literal, make_url, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from provserver.domain.errors import StoreUnavailable
from provserver.store import sqlite
from provserver.store.sealing import Sealer

Connection = AsyncConnection  # an open transaction, as every function of the store takes it

_MISTAKES = (IntegrityError, DataError, ProgrammingError, NotSupportedError)


class Database:
    """One database and the sealer of its secrets; one per process, used from one event loop."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer) -> None:
        self._engine = engine
        self._writing = engine.execution_options(**{sqlite.WRITES: True})
        self._reading = engine.execution_options(**_reading_options(engine.dialect.name))
        # SQLite has one writer at a time. In this process writers queue here, so that none of them spins in its
        # thread against the others until its busy timeout is over.
        self._turn: AbstractAsyncContextManager[Any] = nullcontext()
        if engine.dialect.name == "sqlite":
            self._turn = asyncio.Lock()
        self.sealer = sealer

    @classmethod
    def open(cls, url: str, sealer: Sealer, *, busy_timeout: float = 5.0, connections: int = 8) -> Self:
        """Prepare the database at `url` (`sqlite+aiosqlite:///…`, `postgresql+asyncpg://…`); connects at first use.

        `busy_timeout` is in seconds: how long a SQLite writer waits for one in another process, and how long anybody
        waits for one of the `connections`.
        """
        embedded = make_url(url).get_backend_name() == "sqlite"
        engine = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=busy_timeout,
            pool_use_lifo=True,
            pool_pre_ping=not embedded,
            hide_parameters=True,  # names, addresses and hashes have no business in a log
        )
        if embedded:
            sqlite.prepare(engine.sync_engine, busy_timeout)
        return cls(engine, sealer)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that sees one state of the database and changes nothing. Raises `StoreUnavailable`.

        The block does database work only: an `OSError` from inside it counts as an outage too.
        """
        with _outages_named():
            async with self._reading.connect() as conn:
                yield conn

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end of the block, undone by any exception. Raises `StoreUnavailable`.

        Once the block has been left, what it wrote survives a power cut.
        """
        with _outages_named():
            async with self._turn, self._writing.begin() as conn:
                yield conn

    async def ping(self) -> None:
        """Ask for nothing; raises `StoreUnavailable` where there is no answer."""
        async with self.read() as conn:
            await conn.execute(select(literal(1)))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for instruments that listen to its events."""
        return self._engine


def _reading_options(dialect: str) -> dict[str, Any]:
    # A record and its lines are two statements that must speak of one state. SQLite's and CockroachDB's transactions
    # see one state by nature, PostgreSQL's by default do not.
    return {"isolation_level": "REPEATABLE READ"} if dialect == "postgresql" else {}


@contextmanager
def _outages_named() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if isinstance(error, _MISTAKES) and not error.connection_invalidated:
            raise
        raise StoreUnavailable(f"the database does not answer: {error.orig}") from error
    except (NoFreeConnection, OSError) as error:
        raise StoreUnavailable(f"the database cannot be reached: {error}") from error

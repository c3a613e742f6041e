"""Checks whether a cached record is unchanged, by asking the database on every fetch.

There is no notification channel that could fail or lag. SQLite answers from shared memory; PostgreSQL in one round trip
for all phones that are waiting.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import ARRAY, ColumnElement, String, any_, bindparam, false, func, literal_column, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from provserver.domain.errors import StoreUnavailable
from provserver.store.breaker import Breaker
from provserver.store.database import Database
from provserver.store.fetches import FetchRecord
from provserver.store.layers import PLATFORM
from provserver.store.postgresql import failures
from provserver.store.schema import accounts, devices, settings_layers
from provserver.store.sqlite import FEW_PAGES
from provserver.store.types import micros_of

# Columns that change without a new revision and that matter for a fetch. The rest of what a contact writes (time,
# address) is informational and changes with every fetch.
_OBSERVED = (
    *("revision", "status", "type", "vendor", "model", "firmware_version", "window_until", "window_address"),
    *("fetched_stamp", "fetched_etag", "fetched_base_url", "notified_at", "notified_event"),
)
# Constants are inlined, so that the device id is the only parameter.
_platform: ColumnElement[str] = literal_column(f"'{PLATFORM}'")
_platform_revision = select(settings_layers.c.revision).where(settings_layers.c.owner_id == _platform).scalar_subquery()
_STANDING = select(
    devices.c.id,
    *(devices.c[name] for name in _OBSERVED),
    devices.c.token_hash,
    devices.c.previous_token_hash,
    func.coalesce(devices.c.last_provisioned_at >= devices.c.notified_at, false()).label("answered"),
    accounts.c.revision.label("account_revision"),
    accounts.c.status.label("account_status"),
    func.coalesce(_platform_revision, literal_column("0")).label("platform_revision"),
).join(accounts, accounts.c.id == devices.c.account_id)

PATIENCE = 2.0  # seconds; a server slower than this counts as unreachable
_Told = tuple[Any, ...] | StoreUnavailable | None
_Answer = TypeVar("_Answer")

_log = structlog.get_logger("database")


@dataclass(slots=True)
class Standing:
    """The state of a record's row when it was read, by which to tell later whether the record is unchanged.

    It is kept without the record: many requests hang on one, and each would keep it in memory.

    `seen_at`: SQLite's commit counter when it was last found unchanged. `confirmed_at`: monotonic time of that.
    """

    row: tuple[Any, ...]
    seen_at: tuple[int, int] | None = None
    confirmed_at: float = 0.0

    @classmethod
    def of(cls, record: FetchRecord) -> "Standing":
        """That of a record that has just been read."""
        device = record.device
        observed = [getattr(device, name) for name in _OBSERVED]
        told, fetched = device.notified_at, device.last_provisioned_at
        row = (
            device.id,
            *(micros_of(value) if isinstance(value, datetime) else value for value in observed),
            record.token_hash,
            record.previous_token_hash,
            told is not None and fetched is not None and fetched >= told,
            record.account.revision,
            record.account.status,
            record.platform_revision,
        )
        return cls(row)

    @property
    def device_id(self) -> str:
        """Whose row it is."""
        return str(self.row[0])


class Revalidator(Protocol):
    """Tells whether cached records are unchanged."""

    def tell(self, remembered: Standing, then: Callable[[bool], None]) -> None:
        """Call `then` soon with the result of `stands`; with False if the database is unreachable."""

    async def stands(self, remembered: Standing) -> bool:
        """Whether the record is unchanged by any write completed before this call.

        Raises `StoreUnavailable` if the database does not answer.
        """

    async def close(self) -> None:
        """Close the database connection."""


def revalidator_of(database: Database) -> Revalidator:
    """The implementation for this kind of database."""
    if database.embedded:
        return EmbeddedRevalidator(database.engine)
    return ServerRevalidator(database.engine, database.breaker)


class EmbeddedRevalidator:
    """SQLite: a read-only connection used directly on the event loop.

    In WAL mode readers never block, and both queries are answered from memory in about 10 µs. A thread would cost
    twenty times as much.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._path = str(engine.url.database)
        self._connection: sqlite3.Connection | None = None
        self._opened = 0  # generation of the connection; each one starts its own commit count
        self._query = str(_STANDING.where(devices.c.id == bindparam("id")).compile(dialect=engine.dialect))
        self._asked: list[tuple[Standing, Callable[[bool], None]]] = []

    async def stands(self, remembered: Standing) -> bool:
        """Compare SQLite's commit counter (`PRAGMA data_version`); if it has moved, compare the row."""
        return self._stands(remembered, self._commits())

    def tell(self, remembered: Standing, then: Callable[[bool], None]) -> None:
        """Answered in the next iteration of the event loop; concurrent calls share one read of the counter."""
        if not self._asked:
            asyncio.get_running_loop().call_soon(self._tell_all)
        self._asked.append((remembered, then))

    def _tell_all(self) -> None:
        asked, self._asked = self._asked, []
        commits = None
        for remembered, then in asked:
            try:
                commits = self._commits() if commits is None else commits
                stands = self._stands(remembered, commits)
            except StoreUnavailable:
                commits, stands = None, False
            _call(then, stands)

    def _stands(self, remembered: Standing, commits: tuple[int, int]) -> bool:
        if commits == remembered.seen_at:
            return True
        if self._answer(self._query, remembered.device_id) != remembered.row:
            return False
        remembered.seen_at = commits
        return True

    def _commits(self) -> tuple[int, int]:
        (count,) = self._answer("PRAGMA data_version")
        return self._opened, count

    def _answer(self, query: str, *values: str) -> Any:
        try:
            return (self._connection or self._open()).execute(query, values).fetchone()
        except sqlite3.Error as error:
            self._close()
            raise StoreUnavailable(f"the database {self._path} does not answer: {error}") from error

    async def close(self) -> None:
        """Close the connection."""
        self._close()

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        connection.execute("PRAGMA query_only = ON")
        connection.execute(FEW_PAGES)
        self._connection = connection
        self._opened += 1
        return connection


class ServerRevalidator:
    """PostgreSQL: requests are batched; each query carries all that arrived while the previous one was running."""

    def __init__(self, engine: AsyncEngine, breaker: Breaker) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._breaker = breaker
        self._failures: tuple[type[Exception], ...] = (OSError, SQLAlchemyError, *failures())
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._waiting: dict[str, list[Callable[[_Told], None]]] = {}
        self._asking: asyncio.Task[None] | None = None
        named = devices.c.id == any_(bindparam("ids", type_=ARRAY(String)))
        self._query = str(_STANDING.where(named).compile(dialect=engine.dialect))

    async def stands(self, remembered: Standing) -> bool:
        """Compare the row as the server has it now."""
        answer: asyncio.Future[_Told] = asyncio.get_running_loop().create_future()
        self._await_answer(remembered, lambda told: None if answer.done() else answer.set_result(told))
        told = await answer
        if isinstance(told, StoreUnavailable):
            raise StoreUnavailable(told.message)
        return told == remembered.row

    def tell(self, remembered: Standing, then: Callable[[bool], None]) -> None:
        """Answered when the batch returns."""
        try:
            self._await_answer(remembered, lambda told: then(told == remembered.row))
        except StoreUnavailable:
            then(False)  # noqa: FBT003 - the callback's only argument

    def _await_answer(self, remembered: Standing, then: Callable[[_Told], None]) -> None:
        """Call `then` with the current row of this device, or the failure.

        Raises `StoreUnavailable` if the breaker is open.
        """
        self._breaker.check()
        self._waiting.setdefault(remembered.device_id, []).append(then)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())

    async def close(self) -> None:
        """Cancel the running query and close the connection."""
        if self._asking:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking
        await self._drop()

    async def _ask(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            outage = StoreUnavailable(f"the database {self._breaker.database} does not answer")
            told: dict[str, _Told] = dict.fromkeys(asked, outage)
            answered = False
            try:
                rows = await self._rows(list(asked))
                told = {**dict.fromkeys(asked), **{row[0]: tuple(row) for row in rows}}
                answered = True
                self._breaker.answered()
            except TimeoutError:
                self._breaker.failed()
            except self._failures:
                pass  # a cut connection is no evidence against the server: callers retry on another one
            except Exception:  # noqa: BLE001 - otherwise later callers would wait for ever
                _log.exception("standing_not_told")
            finally:
                for device_id, waiting in asked.items():
                    for then in waiting:
                        _call(then, told[device_id])
                if not answered:
                    await self._give_up()

    async def _rows(self, ids: list[str]) -> Iterable[Any]:
        # The raw driver: SQLAlchemy's layers take longer than the query.
        if self._driver is None:
            async with asyncio.timeout(PATIENCE):
                self._connection = await self._engine.connect()
                self._driver = (await self._connection.get_raw_connection()).driver_connection
        rows: Iterable[Any] = await self._driver.fetch(self._query, ids, timeout=PATIENCE)
        return rows

    async def _give_up(self) -> None:
        if self._driver is not None:
            self._driver.terminate()  # a regular close would wait for the server's answer
        await self._drop()

    async def _drop(self) -> None:
        self._driver = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(SQLAlchemyError, OSError):
                await connection.invalidate()
                await connection.close()


def _call(then: Callable[[_Answer], None], told: _Answer) -> None:
    """Call directly rather than through the event loop, which would cost more than all the rest."""
    try:
        then(told)
    except Exception as error:  # noqa: BLE001 - must not affect the other callers
        asyncio.get_running_loop().call_exception_handler({"message": "nobody took an answer", "exception": error})

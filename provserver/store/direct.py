"""A synchronous SQLite connection with the interface of an `AsyncConnection`."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Self, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store import sqlite

_Parameters = Sequence[Any]


class DirectConnection:
    """The part of `AsyncConnection` that the store uses, run in the calling thread, with access to the driver."""

    def __init__(self, engine: Engine) -> None:
        self._conn: Connection = engine.connect()
        self._driver = cast("sqlite3.Connection", self._conn.connection.driver_connection)
        self._engine = engine
        self.dialect = self._conn.dialect

    @classmethod
    def behind(cls, conn: AsyncConnection) -> Self | None:
        """The `DirectConnection` of `conn`, if it is one; else None."""
        found: Any = conn
        return found if isinstance(found, cls) else None

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction."""
        self._driver.execute(sqlite.beginning(writes=writes))

    def commit(self) -> None:
        """Commit it."""
        if self._conn.in_transaction():
            self._conn.commit()
        else:
            self._driver.commit()

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self._conn.invalidate()
        self._conn.close()

    def fetch(self, text: str, parameters: _Parameters) -> list[tuple[Any, ...]]:
        """Fetch all rows."""
        self._tell(text, parameters)
        return self._driver.execute(text, parameters).fetchall()

    def execute_many(self, text: str, rows: Sequence[_Parameters]) -> None:
        """Execute the statement for each of `rows`."""
        self._tell(text, rows)
        if len(rows) == 1:
            self._driver.execute(text, rows[0])
        else:
            self._driver.executemany(text, rows)

    def _tell(self, text: str, parameters: Any) -> None:
        for tell in self._engine.dispatch.before_cursor_execute:
            tell(self._conn, None, text, parameters, None, False)  # noqa: FBT003 - as SQLAlchemy calls it

    async def execute(self, *asked: Any) -> Any:
        """As in `AsyncConnection`."""
        return self._conn.execute(*asked)

    async def exec_driver_sql(self, text: str, parameters: Any = ()) -> None:
        """As in `AsyncConnection`, without a result."""
        self.execute_many(text, parameters if isinstance(parameters, list) else [parameters])

    async def scalar(self, *asked: Any) -> Any:
        """As in `AsyncConnection`."""
        return self._conn.scalar(*asked)

    async def scalars(self, *asked: Any) -> Any:
        """As in `AsyncConnection`."""
        return self._conn.scalars(*asked)

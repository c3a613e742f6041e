"""Statements as a driver takes them, for what is written by the thousand.

SQLAlchemy looks at each value, which takes longer than the database does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Delete, Dialect, Insert, Update
from sqlalchemy.ext.asyncio import AsyncConnection

_VARIABLES = 32_766  # that SQLite takes in one statement


@dataclass(frozen=True, slots=True)
class DriverStatement:
    """`text` for `exec_driver_sql`, and whose values it takes in which order."""

    text: str
    names: tuple[str, ...]


@lru_cache(maxsize=16)
def driver_statement(statement: Insert | Update | Delete, dialect: Dialect) -> DriverStatement:
    """The statement for this driver. Its values must be as they are stored."""
    compiled = statement.compile(dialect=dialect)
    return DriverStatement(str(compiled), tuple(compiled.positiontup or ()))


async def insert_all(conn: AsyncConnection, statement: Insert, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows that are as they are stored.

    SQLite gets many of them in one statement. Between two statements its thread waits until the event loop lets it have
    the interpreter: for each row that took many times as long as the row.
    """
    insert = driver_statement(statement, conn.dialect)
    if conn.dialect.name != "sqlite":
        await conn.exec_driver_sql(insert.text, list(rows))
        return
    at_once = _VARIABLES // len(insert.names)
    for start in range(0, len(rows), at_once):
        some = rows[start : start + at_once]
        await conn.exec_driver_sql(_repeated(insert.text, len(some)), tuple(chain.from_iterable(some)))


def _repeated(insert: str, count: int) -> str:
    """The statement with `count` rows for one."""
    head, values, row = insert.partition(" VALUES ")
    return f"{head}{values}{', '.join([row] * count)}"

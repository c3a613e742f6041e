"""Passes statements directly to the driver, for bulk writes.

SQLAlchemy processes every value, which takes longer than the database itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Delete, Dialect, Insert, Update
from sqlalchemy.ext.asyncio import AsyncConnection

_WHOLE_GROUP = 500  # rows, as many as come at once in a storm
_PART = 128  # rows at most of another statement


@dataclass(frozen=True, slots=True)
class DriverStatement:
    """The `text` for `exec_driver_sql`, and the names of its parameters in order."""

    text: str
    names: tuple[str, ...]


@lru_cache(maxsize=16)
def driver_statement(statement: Insert | Update | Delete, dialect: Dialect) -> DriverStatement:
    """Compile a statement for this driver. Values must already be in their stored form."""
    compiled = statement.compile(dialect=dialect)
    return DriverStatement(str(compiled), tuple(compiled.positiontup or ()))


async def insert_all(conn: AsyncConnection, statement: Insert, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in their stored form.

    SQLite gets many rows per statement. Between statements its thread has to wait for the GIL, which would take many
    times as long as inserting a row. There are few numbers of rows, since each connection keeps a hundred statements
    compiled, and one of a few hundred rows takes a third of a megabyte.
    """
    insert = driver_statement(statement, conn.dialect)
    if conn.dialect.name != "sqlite":
        await conn.exec_driver_sql(insert.text, list(rows))
        return
    start = 0
    while left := len(rows) - start:
        size = _WHOLE_GROUP if left >= _WHOLE_GROUP else min(_PART, 1 << left.bit_length() - 1)
        some = rows[start : start + size]
        await conn.exec_driver_sql(_repeated(insert.text, len(some)), tuple(chain.from_iterable(some)))
        start += len(some)


def _repeated(insert: str, count: int) -> str:
    """The statement with the values clause repeated `count` times."""
    head, values, row = insert.partition(" VALUES ")
    return f"{head}{values}{', '.join([row] * count)}"

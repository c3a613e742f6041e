"""INSERT … ON CONFLICT: SQLite and PostgreSQL spell it alike, but SQLAlchemy keeps it with each dialect."""

from typing import TYPE_CHECKING

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def upsert(conn: AsyncConnection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert into `table` that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return upsert_of(conn.dialect, table)


def upsert_of(dialect: Dialect, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """The same for statements that are kept."""
    if dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 3 MB, which is there only where the database is one

    return postgresql.insert(table)

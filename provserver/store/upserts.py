"""INSERT … ON CONFLICT: the same in SQLite and PostgreSQL, but specific to the dialect in SQLAlchemy."""

from typing import TYPE_CHECKING

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def upsert(conn: AsyncConnection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert into `table` with `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return upsert_of(conn.dialect, table)


def upsert_of(dialect: Dialect, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """The same by dialect, for statements that are cached."""
    if dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 3 MB, needed for PostgreSQL only

    return postgresql.insert(table)

"""What only SQLite needs: its pragmas, and transactions that begin the way we say."""

import os
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, event

WRITES = "provserver_writes"  # execution option of connections that are going to write


def create_private_file(path: str | None) -> None:
    """Make the database file before SQLite does, readable by its owner alone; its log files take over the mode.

    Says nothing where it cannot: connecting will fail with the reason.
    """
    if path and path != ":memory:":
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def prepare(engine: Engine, busy_timeout: float) -> None:
    """Set up every connection of `engine`; `busy_timeout` in seconds."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        # The driver would begin transactions by itself, late and never IMMEDIATE; switched off, `begun` does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout * 1000)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_mode = WAL")
        # NORMAL would lose the last commits in a power cut, though the API has answered that they are stored.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A transaction that reads first and then wants to write cannot wait for its turn: SQLite refuses it at once.
        # So a writer takes the lock before its first read.
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

"""SQLite specifics: pragmas, and explicit control of how transactions begin."""

import asyncio
import errno
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from math import inf
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from provserver.domain.errors import StoreUnavailable

WRITES = "provserver_writes"  # execution option of connections that will write

# Page cache per connection. It is invalidated when another connection writes, and pages are then found in the system's
# cache, so most of the default of two megabytes per connection would be wasted.
FEW_PAGES = "PRAGMA cache_size = -512"


def prepare(engine: Engine, busy_timeout: float) -> None:
    """Set up all connections of `engine`, and how its transactions begin. `busy_timeout` in seconds."""
    prepare_connections(engine, busy_timeout)

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(beginning(writes=bool(connection.get_execution_options().get(WRITES))))


def beginning(*, writes: bool) -> str:
    """The statement that begins a transaction.

    A transaction that upgrades from reading to writing cannot wait for the lock and fails at once. A writer therefore
    takes the lock before its first read.
    """
    return "BEGIN IMMEDIATE" if writes else "BEGIN"


def prepare_connections(engine: Engine, busy_timeout: float) -> None:
    """Set up all connections of `engine`; the caller begins the transactions."""

    @event.listens_for(engine, "do_connect")
    def connecting(*_: object) -> None:
        _touch_private(engine.url.database)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        # the driver would begin transactions by itself, late and never IMMEDIATE
        connection.isolation_level = None
        try:
            _set_pragmas(connection, busy_timeout)
        except Exception:
            connection.close()  # otherwise its thread would leak
            raise


def _touch_private(path: str | None) -> None:
    """Create the database file, readable by its owner only; SQLite's log files inherit the mode.

    An existing file is not opened: closing it would release all locks that this process holds on it (POSIX advisory
    locks are per process), and another process could then delete the log in use. Raises `OSError`, which is more
    informative than SQLite's error.
    """
    if path and path != ":memory:":
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def _set_pragmas(connection: Any, busy_timeout: float) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(FEW_PAGES)
    cursor.execute("PRAGMA journal_mode = WAL")
    # with NORMAL, the last commits, already acknowledged by the API, could be lost in a power cut
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


class Turns:
    """Writers of this process take turns, so that none busy-waits in its thread until the timeout.

    If one times out waiting for another process, all behind it fail with it; otherwise each would wait for as long
    again.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._gave_up_at = -inf

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Wait for the turn and hold it. Raises `StoreUnavailable`."""
        came_at = time.monotonic()
        async with self._lock:
            if self._gave_up_at >= came_at:
                raise StoreUnavailable("the database is locked by another process")
            try:
                yield
            except OperationalError as error:
                if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                    self._gave_up_at = time.monotonic()
                raise

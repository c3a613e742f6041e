"""What only PostgreSQL needs, and what speaks like it: how to connect, and what its refusals mean.

Nothing here, nor anywhere in the store, needs what a distributed database lacks: no LISTEN, no advisory lock.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

_CONTENDED = {"40001", "40P01"}  # serialization failure, deadlock: undone for another's sake
_RACED = {"23505", "42P07", "42701", "42710", "XX000"}  # unique key, table, column, object that another has just made
_READ_ONLY = "25006"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections a process holds, and how long it waits: for one of them, for an answer; in seconds."""

    connections: int = 8
    wait: float = 5.0
    statement: float = 10.0


def connect_args(url: URL, limits: Limits) -> dict[str, Any]:
    """What the driver is told beside the URL; the URL's own parameters win.

    Of several hosts that one is taken that can be written to, so that a failover is followed.
    """
    several = isinstance(url.query.get("host"), tuple)
    milliseconds = int(limits.statement * 1000)
    ours: dict[str, Any] = {
        "timeout": limits.wait,
        "command_timeout": limits.statement + 5,  # where the server is too dead to keep its own
        "server_settings": {
            "application_name": "provserver",
            "statement_timeout": str(milliseconds),
            "idle_in_transaction_session_timeout": str(milliseconds * 3),
        },
        **({"target_session_attrs": "read-write"} if several else {}),
    }
    # The URL holds text, and the driver wants a number.
    sizes = {name: int(str(url.query[name])) for name in ("statement_cache_size",) if name in url.query}
    return {name: value for name, value in ours.items() if name not in url.query} | sizes


def failures() -> tuple[type[Exception], ...]:
    """What the driver raises by itself, where no SQLAlchemy stands between."""
    import asyncpg  # noqa: PLC0415 - 3 MB that the embedded database has no use for

    return asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError


def prepare(engine: Engine) -> None:
    """Let go of connections that are of no more use, so that the pool finds a server that is.

    To a server that has become read-only, since another is the primary now; and those that a server has said goodbye on
    while the end itself has not arrived, which only confuse the driver.
    """
    import asyncpg  # noqa: PLC0415 - as above

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        error = context.original_exception
        read_only = getattr(error, "sqlstate", None) == _READ_ONLY
        if read_only or isinstance(error.__cause__, asyncpg.InternalClientError):
            context.is_disconnect = True


def is_contended(error: DBAPIError) -> bool:
    """Whether the transaction was undone for another's sake, so that the same again may well succeed."""
    return _state(error) in _CONTENDED


def is_raced(error: DBAPIError) -> bool:
    """Whether another process has just made what this one was about to make."""
    return _state(error) in _CONTENDED | _RACED


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)

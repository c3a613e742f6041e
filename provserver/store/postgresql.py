"""Specifics of PostgreSQL and compatible databases: connection parameters, and the meaning of error codes.

The store uses no feature that distributed databases lack, such as LISTEN or advisory locks.
"""

from dataclasses import dataclass
from inspect import signature
from itertools import cycle
from typing import Any

from sqlalchemy import URL, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError

from provserver.domain.errors import BadConfiguration

_CONTENDED = {"40001", "40P01"}  # serialization failure, deadlock: aborted because of a concurrent transaction
# Duplicate key, table, column or object: another process has just created it
_RACED = {"23505", "42P07", "42701", "42710", "XX000"}
_READ_ONLY = "25006"
_OF_SQLALCHEMY = {"prepared_statement_cache_size", "prepared_statement_name_func"}  # options that it keeps to itself
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Limits:
    """Number of connections per process, and timeouts in seconds: for a free connection and for a statement."""

    connections: int = 8
    wait: float = 5.0
    statement: float = 10.0


def connect_args(url: URL, limits: Limits) -> dict[str, Any]:
    """Driver arguments. Parameters in the URL take precedence.

    With several hosts, the writable one is used, so failovers are followed.
    """
    several = isinstance(url.query.get("host"), tuple)
    milliseconds = int(limits.statement * 1000)
    ours: dict[str, Any] = {
        "timeout": limits.wait,
        "command_timeout": limits.statement + 5,  # in case the server cannot enforce its own timeout
        "server_settings": {
            "application_name": "provserver",
            "statement_timeout": str(milliseconds),
            "idle_in_transaction_session_timeout": str(milliseconds * 3),
        },
        **({"target_session_attrs": "read-write"} if several else {}),
    }
    # from text to the number that the driver needs
    sizes = {name: int(str(url.query[name])) for name in ("statement_cache_size",) if name in url.query}
    return {name: value for name, value in ours.items() if name not in url.query} | sizes


def check_url(url: URL) -> None:
    """Raise `BadConfiguration` for a URL that the driver would only refuse when it connects, with a traceback."""
    import asyncpg  # noqa: PLC0415 - as below

    try:
        _, given = url.get_dialect()().create_connect_args(url)
    except (ArgumentError, ValueError) as error:
        raise BadConfiguration(f"database.url: {error}") from None
    unknown = sorted(given.keys() - signature(asyncpg.connect).parameters.keys() - _OF_SQLALCHEMY)
    if unknown:
        hint = "; write ssl=require" if "sslmode" in unknown else ""
        raise BadConfiguration(f"database.url: {', '.join(unknown)} is not an option of the driver asyncpg{hint}")
    ports = given.get("port", 5432)
    for port in ports if isinstance(ports, list) else [ports]:
        if not 0 < port <= _LAST_PORT:
            raise BadConfiguration(f"database.url: {port} is not a port number")


def name_of(url: URL) -> str:
    """The database's name with hosts and ports, for messages, without user and password."""
    hosts, ports = (_values(url.query.get(name)) for name in ("host", "port"))
    ports = ports or [str(url.port or 5432)]
    if not hosts:
        host = url.host or "localhost"
        hosts = [f"[{host}]:{ports[0]}" if ":" in host else host]
    # hosts in the query may include a port; one that starts with / is the folder of a socket
    whole = (
        host if host.startswith("/") or ":" in host else f"{host}:{port}" for host, port in zip(hosts, cycle(ports))
    )
    return f"{url.database} at {', '.join(whole)}"


def _values(given: str | tuple[str, ...] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def failures() -> tuple[type[Exception], ...]:
    """Exceptions that the driver raises directly, without SQLAlchemy."""
    import asyncpg  # noqa: PLC0415 - 3 MB that the embedded database has no use for

    return asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError


def prepare(engine: Engine) -> None:
    """Discard useless connections, so that the pool reconnects to a working server.

    These are connections to a server that has become read-only after a failover, and those that a server has terminated
    without closing them, which confuse the driver.
    """
    import asyncpg  # noqa: PLC0415 - as above

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        error = context.original_exception
        read_only = getattr(error, "sqlstate", None) == _READ_ONLY
        if read_only or isinstance(error.__cause__, asyncpg.InternalClientError):
            context.is_disconnect = True


def is_contended(error: DBAPIError) -> bool:
    """Whether the transaction was aborted because of a concurrent one, so that a retry may succeed."""
    return _state(error) in _CONTENDED


def is_raced(error: DBAPIError) -> bool:
    """Whether another process has just created what this one was creating."""
    return _state(error) in _CONTENDED | _RACED


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)

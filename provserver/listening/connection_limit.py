"""Limits the number of connections over all listeners that share it, and the time until they reach HTTP."""

import asyncio
import time
from contextlib import suppress
from typing import Protocol

import structlog

_GREETING_SECONDS = 10.0  # timeout for PROXY header and TLS handshake
_LAST_GREETINGS_SECONDS = 2.0
_QUIET_SECONDS = 60.0  # seconds between two log lines about the limit

_log = structlog.get_logger("listening")


class Arrival(Protocol):
    """A connection that has not reached HTTP yet."""

    def drop(self, reason: str) -> None:
        """Abort the connection, and report to the limit."""


class ConnectionLimit:
    """Counts open connections, up to `places`."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken = 0
        self._arriving: dict[Arrival, float] = {}  # -> deadline, earliest first, so one timer is enough
        self._timer: asyncio.TimerHandle | None = None
        self._all_arrived = asyncio.Event()
        self._said_full = -_QUIET_SECONDS

    def enter(self, listener: str) -> bool:
        """Count a connection; False if the limit is reached, which is logged."""
        if self._taken < self._places:
            self._taken += 1
            return True
        if time.monotonic() - self._said_full >= _QUIET_SECONDS:
            self._said_full = time.monotonic()
            _log.warning("too_many_connections", listener=listener, limit=self._places)
        return False

    def leave(self) -> None:
        """Count a closed connection."""
        self._taken -= 1

    def arriving(self, arrival: Arrival) -> None:
        """Start the timeout of a connection that must send its PROXY header or complete its TLS handshake."""
        loop = asyncio.get_running_loop()
        until = self._arriving[arrival] = loop.time() + _GREETING_SECONDS
        if self._timer is None:
            self._timer = loop.call_at(until, self._look)

    def arrived(self, arrival: Arrival) -> None:
        """Stop the timeout: the connection has reached HTTP or is closed."""
        self._arriving.pop(arrival, None)
        if not self._arriving:
            self._all_arrived.set()

    def _look(self) -> None:
        """Abort connections past their deadline."""
        loop = asyncio.get_running_loop()
        self._timer = None
        for arrival, until in list(self._arriving.items()):
            if until > loop.time():
                self._timer = loop.call_at(until, self._look)
                break
            arrival.drop("took too long")

    async def close(self) -> None:
        """Wait briefly for connections on their way to HTTP, then abort them."""
        if self._arriving:
            self._all_arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_GREETINGS_SECONDS):
                    await self._all_arrived.wait()
        for arrival in list(self._arriving):
            arrival.drop("the server ends")
        if self._timer:
            self._timer.cancel()
            self._timer = None

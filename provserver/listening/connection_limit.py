"""Who is connected: a limit over all listeners that share it, and those that HTTP does not know of yet."""

import asyncio
import time
from contextlib import suppress
from typing import Protocol

import structlog

_GREETING_SECONDS = 10.0  # for the PROXY protocol and the TLS handshake
_LAST_GREETINGS_SECONDS = 2.0
_QUIET_SECONDS = 60.0  # between two log lines about the limit

_log = structlog.get_logger("listening")


class Arrival(Protocol):
    """Somebody who is on the way to HTTP."""

    def drop(self, reason: str) -> None:
        """End the connection now, and tell the limit that it has gone."""


class ConnectionLimit:
    """Connections that are open. Past `places` there is no room for another."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken = 0
        self._arriving: dict[Arrival, float] = {}  # until when, the oldest first: one timer is enough for all
        self._timer: asyncio.TimerHandle | None = None
        self._all_arrived = asyncio.Event()
        self._said_full = -_QUIET_SECONDS

    def enter(self, listener: str) -> bool:
        """Take a place; False where there is none, which the log is told of with the listener."""
        if self._taken < self._places:
            self._taken += 1
            return True
        if time.monotonic() - self._said_full >= _QUIET_SECONDS:
            self._said_full = time.monotonic()
            _log.warning("too_many_connections", listener=listener, limit=self._places)
        return False

    def leave(self) -> None:
        """Give the place back."""
        self._taken -= 1

    def arriving(self, arrival: Arrival) -> None:
        """The proxy's header or the TLS handshake is awaited from this one; who takes too long is dropped."""
        loop = asyncio.get_running_loop()
        until = self._arriving[arrival] = loop.time() + _GREETING_SECONDS
        if self._timer is None:
            self._timer = loop.call_at(until, self._look)

    def arrived(self, arrival: Arrival) -> None:
        """HTTP has it, or it is gone."""
        self._arriving.pop(arrival, None)
        if not self._arriving:
            self._all_arrived.set()

    def _look(self) -> None:
        """Drop who has had the time."""
        loop = asyncio.get_running_loop()
        self._timer = None
        for arrival, until in list(self._arriving.items()):
            if until > loop.time():
                self._timer = loop.call_at(until, self._look)
                break
            arrival.drop("took too long")

    async def close(self) -> None:
        """Nobody comes any more: who is on the way has a moment to arrive, and is dropped after that."""
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

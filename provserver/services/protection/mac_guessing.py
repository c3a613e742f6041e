"""Slows whoever guesses MACs: counted in memory by each process, what is blocked is in the store for people to see."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from provserver.domain.guessing import Blocked, Guesses
from provserver.domain.mac import Mac
from provserver.domain.networks import Networks, is_inside, read_address
from provserver.services.periodic import PeriodicTask
from provserver.store import blocked_sources
from provserver.store.blocked_sources import BlockedSource
from provserver.store.database import Connection, Database

_INTERVAL = 1.0
_TELL_EVERY = 60.0  # seconds between two log lines about one source

_log = structlog.get_logger("guessing")


class Guard:
    """Who may still ask. `exempt` networks are never counted; the rest share the bounded memory of `guesses`."""

    def __init__(self, database: Database, guesses: Guesses, exempt: Networks, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._guesses = guesses
        self._exempt = exempt
        self._clock = clock
        self._stored: set[str] = set()
        self._writing = asyncio.Lock()
        self._task = PeriodicTask("tell which sources are blocked", self.flush, _INTERVAL)

    def start(self) -> None:
        """Begin to write."""
        self._task.start()

    async def stop(self) -> None:
        """End."""
        await self._task.stop()

    def may_ask(self, address: str, mac: Mac | None) -> bool:
        """Whether a request about this MAC, which proves nothing by itself, is looked at."""
        return mac is None or self._guesses.may_ask(address, mac.bare, self._now())

    def failed(self, address: str, mac: Mac | None) -> None:
        """The MAC is unknown, or nothing was proven."""
        if mac is not None and not is_inside(read_address(address), self._exempt):
            self._guesses.failed(address, mac.bare, self._now())

    def proved(self, address: str, mac: Mac | None) -> None:
        """It is the phone that it says."""
        if mac is not None:
            self._guesses.proved(address, mac.bare)

    def turned_away(self, address: str) -> None:
        """A request was not looked at. Tells of it now and then, in the line that fail2ban watches for."""
        if self._guesses.refused(address, self._now(), _TELL_EVERY):
            _log.warning("too_many_unknown_macs", source=address)

    def release(self, source: str) -> None:
        """Begin anew with a source."""
        self._guesses.release(source)
        self._stored.discard(source)

    async def flush(self) -> None:
        """Make the store show what is blocked, and take note of what was released there. Raises `StoreUnavailable`."""
        async with self._writing:
            blocked = {one.source: one for one in self._guesses.blocked(self._now())}
            self._stored &= blocked.keys()
            if not blocked:
                return

            async def record(conn: Connection) -> set[str]:
                released = self._stored - await blocked_sources.which_are_listed(conn, self._stored)
                kept = [_stored(one) for source, one in blocked.items() if source not in released]
                await blocked_sources.record_blocked(conn, kept, now=self._clock())
                return released

            released = await self._database.add(record)
            for source in released:
                self._guesses.release(source)
            self._stored = blocked.keys() - released

    def _now(self) -> float:
        return self._clock().timestamp()


def _stored(one: Blocked) -> BlockedSource:
    since, until = (datetime.fromtimestamp(seconds, UTC) for seconds in (one.since, one.until))
    return BlockedSource(source=one.source, last_address=one.address, since=since, until=until, refused=one.refused)

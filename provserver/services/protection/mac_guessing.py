"""Rate limit on guessing MACs. Counted in memory per process; blocked sources are written to the store for display."""

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
    """Decides which sources may still ask. Sources in `exempt` networks are never counted."""

    def __init__(self, database: Database, guesses: Guesses, exempt: Networks, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._guesses = guesses
        self._exempt = exempt
        self._clock = clock
        self._stored: set[str] = set()
        self._writing = asyncio.Lock()
        self._task = PeriodicTask("tell which sources are blocked", self.flush, _INTERVAL)

    def start(self) -> None:
        """Start the periodic write."""
        self._task.start()

    async def stop(self) -> None:
        """Stop it."""
        await self._task.stop()

    def may_ask(self, address: str, mac: Mac | None) -> bool:
        """Whether to process a request for this MAC that carries no proof of its own."""
        return mac is None or self._guesses.may_ask(address, mac.bare, self._now())

    def failed(self, address: str, mac: Mac | None) -> None:
        """Count a request with an unknown MAC or without a valid proof."""
        if mac is not None and not is_inside(read_address(address), self._exempt):
            self._guesses.failed(address, mac.bare, self._now())

    def proved(self, address: str, mac: Mac | None) -> None:
        """Note that this MAC was authenticated from this address."""
        if mac is not None:
            self._guesses.proved(address, mac.bare)

    def turned_away(self, address: str) -> None:
        """Count a refusal. At intervals it is logged, in the format that fail2ban can match."""
        if self._guesses.refused(address, self._now(), _TELL_EVERY):
            _log.warning("too_many_unknown_macs", source=address)

    def release(self, source: str) -> None:
        """Forget what was counted for a source."""
        self._guesses.release(source)
        self._stored.discard(source)

    async def flush(self) -> None:
        """Write the blocked sources, and apply releases made by other processes. Raises `StoreUnavailable`."""
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

"""Tracks the distinct MACs that each source has requested recently without authentication, in bounded memory."""

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Network
from math import inf

from provserver.domain.networks import read_address

_MOST_SOURCES = 20_000
_MOST_MACS = 200_000


@lru_cache(maxsize=4096)
def source_of(address: str) -> str:
    """The unit that is counted: an IPv4 address, or the /64 of an IPv6 address, as hosts can use any address in it."""
    parsed = read_address(address)
    return str(parsed if isinstance(parsed, IPv4Address) else IPv6Network((parsed, 64), strict=False))


@dataclass(slots=True)
class _Source:
    """`macs`: MAC -> time of the last request, oldest first. `address`: last address seen."""

    address: str
    macs: dict[int, float] = field(default_factory=dict)
    refused: int = 0
    since: float | None = None
    told_at: float = -inf


@dataclass(frozen=True, slots=True)
class Blocked:
    """A source over its limit, whose requests for further MACs are refused. Times are seconds since 1970."""

    source: str
    address: str
    since: float
    until: float
    refused: int


class Guesses:
    """Counts failed requests by source. Times are given by the caller, in seconds.

    A source may ask for `limit` distinct MACs within `window` seconds. Beyond that, only MACs it has already asked for
    are processed, so that a real phone among them is served as soon as it has been created.
    """

    def __init__(
        self, limit: int, window: float, *, most_sources: int = _MOST_SOURCES, most_macs: int = _MOST_MACS
    ) -> None:
        self._limit = limit
        self._window = window
        self._most_sources = most_sources
        self._most_macs = most_macs
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._macs = 0

    def __len__(self) -> int:
        """Number of MACs tracked, over all sources."""
        return self._macs

    def may_ask(self, address: str, mac: str, now: float) -> bool:
        """Whether to process a request for this MAC."""
        source = source_of(address)
        known = self._sources.get(source)
        if known is None:
            return True
        self._forget_old(source, known, now)
        return len(known.macs) < self._limit or int(mac, 16) in known.macs

    def failed(self, address: str, mac: str, now: float) -> None:
        """Count a MAC that is unknown or failed authentication. Ignored for a source at its limit."""
        if not self.may_ask(address, mac, now):
            return
        source = source_of(address)
        known = self._sources.setdefault(source, _Source(address))
        known.address = address
        self._sources.move_to_end(source)
        number = int(mac, 16)
        self._macs += number not in known.macs
        known.macs.pop(number, None)  # move to the end
        known.macs[number] = now
        if len(known.macs) >= self._limit and known.since is None:
            known.since = now
        self._make_room()

    def refused(self, address: str, now: float, every: float) -> bool:
        """Count a refused request. True if it should be logged, at most every `every` seconds."""
        known = self._sources[source_of(address)]
        known.address = address
        known.refused += 1
        if 0 <= now - known.told_at < every:
            return False
        known.told_at = now
        return True

    def proved(self, address: str, mac: str) -> None:
        """Remove a MAC that was authenticated."""
        known = self._sources.get(source_of(address))
        if known and known.macs.pop(int(mac, 16), None) is not None:
            self._macs -= 1

    def release(self, source: str) -> None:
        """Reset a source."""
        known = self._sources.pop(source, None)
        self._macs -= len(known.macs) if known else 0

    def blocked(self, now: float) -> list[Blocked]:
        """The sources at their limit."""
        found = []
        for source, known in list(self._sources.items()):
            if known.since is None:
                continue
            self._forget_old(source, known, now)
            if known.since is not None:
                until = next(iter(known.macs.values())) + self._window
                found.append(Blocked(source, known.address, known.since, until, known.refused))
        return found

    def _forget_old(self, source: str, known: _Source, now: float) -> None:
        """Drop entries older than the window, and sources without entries."""
        # The clock was set back; do not block anybody for longer than the window
        if known.macs and next(reversed(known.macs.values())) > now:
            known.macs = dict.fromkeys(known.macs, now)
            known.since = now if known.since is not None else None
        while known.macs and known.macs[oldest := next(iter(known.macs))] < now - self._window:
            del known.macs[oldest]
            self._macs -= 1
        if len(known.macs) < self._limit:
            known.since, known.refused = None, 0
        if not known.macs:
            self._sources.pop(source, None)

    def _make_room(self) -> None:
        while len(self._sources) > self._most_sources or (self._macs > self._most_macs and len(self._sources) > 1):
            _, dropped = self._sources.popitem(last=False)
            self._macs -= len(dropped.macs)

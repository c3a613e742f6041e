"""What phones are told of a time zone at a moment. Most zones change by the same rule every year; some do not.

Phones know two kinds of zones: those with a yearly rule, and those without daylight saving. Where a law skips a change,
moves one, or comes into force, neither is right for ever: of the two that which is right for longest is told, and the
other when its time has come. So a phone that asks once a day shows the right time, most often without having to ask
just when the clocks change.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from math import inf

from provserver.domain.texts import timezones
from provserver.rendering.timezones import Zone, yearly_changes, zone_rules
from provserver.rendering.zonefiles import ZoneFile, zone_file

_SINCE = datetime(2025, 1, 1, tzinfo=UTC)
"""No clock of a server is earlier; the oldest data that we take is of then."""
EVE = timedelta(days=2)
"""Before something that phones are told gets wrong: time for all of them to hear that they must ask more often."""
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a zone from `since` on, in seconds since 1970, until something else is.

    `expires`: a phone that has not asked by `until` shows the wrong time.
    """

    since: float
    until: float
    zone: Zone
    expires: bool

    @property
    def ends(self) -> datetime | None:
        """When something else is told; None where that is not known of."""
        return None if self.until == inf else datetime.fromtimestamp(self.until, UTC)

    @property
    def is_exception(self) -> bool:
        """Whether it is one offset for a while, and not what the zone has every year."""
        return self.zone.daylight is None and self.until != inf

    def is_due(self, at: datetime) -> bool:
        """Whether a phone that does not ask soon will show the wrong time."""
        return self.expires and at.timestamp() >= self.until - EVE.total_seconds()


def told_at(name: str, at: datetime) -> Told:
    """What phones are told of an IANA zone that exists."""
    all_told = told_in_turn(name)
    place = bisect_right(all_told, at.timestamp(), key=lambda told: told.since)
    return all_told[max(0, place - 1)]


def generation(at: datetime) -> int:
    """Another number whenever phones of any zone are told something else: what was made before may be out of date."""
    return bisect_right(_turns(), at.timestamp())


def next_turn(at: datetime) -> datetime:
    """When the next generation comes; `NEVER` where none is known of."""
    turns = _turns()
    place = bisect_right(turns, at.timestamp())
    return datetime.fromtimestamp(turns[place], UTC) if place < len(turns) else NEVER


@cache
def _turns() -> list[float]:
    """All moments at which a file changes by itself."""
    special = (name for name in timezones() if _is_special(zone_file(name)))
    expiring = [told for name in special for told in told_in_turn(name) if told.until != inf]
    eves = {told.until - EVE.total_seconds() for told in expiring if told.expires}
    return sorted(eves | {told.until for told in expiring})


@cache
def told_in_turn(name: str) -> tuple[Told, ...]:
    """Everything that phones are told of a zone one after the other."""
    rules, file, since = zone_rules(name), zone_file(name), _SINCE.timestamp()
    if not _is_special(file):
        return (Told(since, inf, rules, expires=False),)
    last = file.changes[-1][0]
    years = range(_SINCE.year - 1, datetime.fromtimestamp(last, UTC).year + 3)
    yearly = sorted(yearly_changes(rules, years))
    world = [*file.changes, *(change for change in yearly if change[0] > last)]
    moments = sorted({since, *(moment for moment, _ in (*world, *yearly) if moment > since)})
    actual, by_rules = _offsets(world, file.before, moments), _offsets(yearly, rules.standard, moments)
    return _joined(_choices(rules, moments, actual, by_rules))


def _is_special(file: ZoneFile) -> bool:
    """Whether the file names changes that a phone may have to be told of, beside the rules."""
    return bool(file.changes) and file.changes[-1][0] >= _SINCE.timestamp()


def _offsets(changes: Sequence[tuple[int, int]], before: int, moments: Iterable[float]) -> list[int]:
    """The offset from each of these moments on."""
    places = (bisect_right(changes, moment, key=lambda change: change[0]) for moment in moments)
    return [changes[place - 1][1] if place else before for place in places]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is told from `since` on, and until when it is right."""

    since: float
    zone: Zone
    right_until: float


def _choices(rules: Zone, moments: Sequence[float], actual: Sequence[int], by_rules: Sequence[int]) -> list[_Choice]:
    """From each moment on what is right for longest; the rules where both are, and for ever after the last."""
    chosen: list[_Choice] = []
    rules_until = offset_until = inf
    last = len(moments) - 1
    for number in range(last, -1, -1):
        if actual[number] != by_rules[number]:
            rules_until = moments[number]
        if number < last and actual[number] != actual[number + 1]:
            offset_until = moments[number + 1]
        told = (Zone(actual[number]), offset_until) if offset_until > rules_until else (rules, rules_until)
        chosen.append(_Choice(moments[number], *told))
    return chosen[::-1]


def _joined(chosen: Iterable[_Choice]) -> tuple[Told, ...]:
    """Those in a row that tell the same as one; each ends where the next begins."""
    rows = [list(row) for _, row in groupby(chosen, key=lambda choice: choice.zone)]
    ends = [*(row[0].since for row in rows[1:]), inf]
    return tuple(
        Told(row[0].since, end, row[0].zone, expires=row[-1].right_until <= end < inf)
        for row, end in zip(rows, ends, strict=True)
    )

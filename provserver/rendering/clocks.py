"""Which time zone rules to give to phones at a given time, for zones whose rules are not the same every year.

Phones support two kinds of zones: with a fixed yearly rule, or without daylight saving. If a law skips or moves a
change, or comes into force, neither is correct for ever. So phones get the one that stays correct longest, and the
other one when it is due. A phone that polls once a day then shows the right time, usually without having to poll at the
moment of the change.
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
"""Earlier than any server's clock; data before this is ignored."""
EVE = timedelta(days=2)
"""How long before rules expire phones are told to poll more often: enough for all of them to notice."""
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """The rules given to phones from `since` to `until`, in seconds since 1970.

    `expires`: a phone that has not polled by `until` shows the wrong time.
    """

    since: float
    until: float
    zone: Zone
    expires: bool

    @property
    def ends(self) -> datetime | None:
        """When other rules apply; None if no change is known."""
        return None if self.until == inf else datetime.fromtimestamp(self.until, UTC)

    @property
    def is_exception(self) -> bool:
        """Whether it is a temporary fixed offset rather than the zone's yearly rules."""
        return self.zone.daylight is None and self.until != inf

    def is_due(self, at: datetime) -> bool:
        """Whether phones must poll soon, to avoid showing the wrong time."""
        return self.expires and at.timestamp() >= self.until - EVE.total_seconds()


def told_at(name: str, at: datetime) -> Told:
    """The rules for an existing IANA zone at this time."""
    all_told = told_in_turn(name)
    place = bisect_right(all_told, at.timestamp(), key=lambda told: told.since)
    return all_told[max(0, place - 1)]


def generation(at: datetime) -> int:
    """A number that changes whenever the rules of any zone change, so that earlier files may be outdated."""
    return bisect_right(_turns(), at.timestamp())


def next_turn(at: datetime) -> datetime:
    """When the next generation starts; `NEVER` if no change is known."""
    turns = _turns()
    place = bisect_right(turns, at.timestamp())
    return datetime.fromtimestamp(turns[place], UTC) if place < len(turns) else NEVER


@cache
def _turns() -> list[float]:
    """All times at which files change without a write."""
    special = (name for name in timezones() if _is_special(zone_file(name)))
    expiring = [told for name in special for told in told_in_turn(name) if told.until != inf]
    eves = {told.until - EVE.total_seconds() for told in expiring if told.expires}
    return sorted(eves | {told.until for told in expiring})


@cache
def told_in_turn(name: str) -> tuple[Told, ...]:
    """The rules for a zone over time."""
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
    """Whether the file has explicit changes, besides the yearly rule, that may matter."""
    return bool(file.changes) and file.changes[-1][0] >= _SINCE.timestamp()


def _offsets(changes: Sequence[tuple[int, int]], before: int, moments: Iterable[float]) -> list[int]:
    """The offset after each of these times."""
    places = (bisect_right(changes, moment, key=lambda change: change[0]) for moment in moments)
    return [changes[place - 1][1] if place else before for place in places]


@dataclass(frozen=True, slots=True)
class _Choice:
    """The rules chosen from `since` on, and until when they are correct."""

    since: float
    zone: Zone
    right_until: float


def _choices(rules: Zone, moments: Sequence[float], actual: Sequence[int], by_rules: Sequence[int]) -> list[_Choice]:
    """For each time, the option that stays correct longest; the yearly rules if both do."""
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
    """Merge consecutive equal choices; each ends where the next begins."""
    rows = [list(row) for _, row in groupby(chosen, key=lambda choice: choice.zone)]
    ends = [*(row[0].since for row in rows[1:]), inf]
    return tuple(
        Told(row[0].since, end, row[0].zone, expires=row[-1].right_until <= end < inf)
        for row, end in zip(rows, ends, strict=True)
    )

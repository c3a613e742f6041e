"""The yearly rules of a time zone, from its POSIX TZ string in the time zone database (RFC 9636, section 3.3)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from provserver.rendering.zonefiles import zone_file

_NAME = r"(?:[A-Za-z]{3,}|<[^>]+>)"
_OFFSET = r"[+-]?\d{1,3}(?::\d{2}){0,2}"
_CHANGE = r"[^,/]+(?:/" + _OFFSET + ")?"
_POSIX = re.compile(
    rf"{_NAME}(?P<std>{_OFFSET})(?:{_NAME}(?P<dst>{_OFFSET})?,(?P<start>{_CHANGE}),(?P<end>{_CHANGE}))?"
)
_WEEKLY = re.compile(rf"M(?P<month>\d+)\.(?P<week>\d)\.(?P<day>\d)(?:/(?P<time>{_OFFSET}))?")
_DEFAULT_CHANGE = 2 * 60
_LAST = 5
_EPOCH = date(1970, 1, 1).toordinal()
_SECONDS_A_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Change:
    """A yearly change: month 1-12, week 1-5 (5 is the last), day 0-6 from Sunday, minutes after local midnight."""

    month: int
    week: int
    day: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Zone:
    """Offsets in minutes east of UTC. `daylight`, `start` and `end` are None without daylight saving."""

    standard: int
    daylight: int | None = None
    start: Change | None = None
    end: Change | None = None


@cache
def zone_rules(name: str) -> Zone:
    """The regular rules of an existing IANA zone, ignoring exceptional years.

    Raises `ValueError` if the rules are not weekly changes, which no zone uses today.
    """
    return parse_posix(zone_file(name).footer)


def parse_posix(text: str) -> Zone:
    """Parse `CET-1CEST,M3.5.0,M10.5.0/3`. POSIX offsets are positive west of Greenwich; ours are positive east."""
    match = _POSIX.fullmatch(text)
    if not match:
        raise ValueError(f"not a POSIX time zone: {text!r}")
    standard = -_minutes(match["std"])
    if not match["start"]:
        return Zone(standard)
    daylight = -_minutes(match["dst"]) if match["dst"] else standard + 60
    start, end = _change(match["start"]), _change(match["end"])
    if daylight < standard:
        # Ireland defines summer time as standard and winter time as the exception; phones only know the opposite.
        return Zone(daylight, standard, end, start)
    return Zone(standard, daylight, start, end)


def yearly_changes(zone: Zone, years: range) -> Iterator[tuple[int, int]]:
    """The offset changes in these years: (seconds since 1970, new offset in minutes); unordered."""
    if zone.daylight is None or zone.start is None or zone.end is None:
        return
    for year in years:
        yield _moment(zone.start, year, zone.standard), zone.daylight
        yield _moment(zone.end, year, zone.daylight), zone.standard


def _moment(change: Change, year: int, offset_before: int) -> int:
    """The time of a change in a year, in seconds since 1970."""
    first = date(year, change.month, 1)
    day = first.toordinal() + (change.day - first.isoweekday()) % 7 + 7 * (change.week - 1)
    if change.week == _LAST and date.fromordinal(day).month != change.month:
        day -= 7
    return (day - _EPOCH) * _SECONDS_A_DAY + (change.minutes - offset_before) * 60


def _change(text: str) -> Change:
    match = _WEEKLY.fullmatch(text)
    if not match:
        raise ValueError(f"not a weekly change: {text!r}")
    minutes = _minutes(match["time"]) if match["time"] else _DEFAULT_CHANGE
    return Change(int(match["month"]), int(match["week"]), int(match["day"]), minutes)


def _minutes(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, _ = (*map(int, text.lstrip("+-").split(":")), 0, 0)[:3]
    return sign * (hours * 60 + minutes)

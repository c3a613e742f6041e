"""The present rules of a time zone, as the time zone database states them in its POSIX footer (RFC 9636, 3.3)."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_NAME = r"(?:[A-Za-z]{3,}|<[^>]+>)"
_OFFSET = r"[+-]?\d{1,3}(?::\d{2}){0,2}"
_CHANGE = r"[^,/]+(?:/" + _OFFSET + ")?"
_POSIX = re.compile(
    rf"{_NAME}(?P<std>{_OFFSET})(?:{_NAME}(?P<dst>{_OFFSET})?,(?P<start>{_CHANGE}),(?P<end>{_CHANGE}))?"
)
_WEEKLY = re.compile(rf"M(?P<month>\d+)\.(?P<week>\d)\.(?P<day>\d)(?:/(?P<time>{_OFFSET}))?")
_DEFAULT_CHANGE = 2 * 60


@dataclass(frozen=True, slots=True)
class Change:
    """A yearly change: month 1-12, week 1-5 (5 is the last), day 0-6 from Sunday, minutes after local midnight."""

    month: int
    week: int
    day: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Zone:
    """Offsets in minutes east of UTC; `daylight`, `start` and `end` are None where there is no daylight saving."""

    standard: int
    daylight: int | None = None
    start: Change | None = None
    end: Change | None = None


@cache
def zone_rules(name: str) -> Zone:
    """The rules in force now and from now on. `name` is an IANA name that exists.

    Raises `ValueError` where the footer says something else than weekly changes, which no zone does today.
    """
    data = (files("tzdata") / "zoneinfo").joinpath(*name.split("/")).read_bytes()
    return parse_posix(data.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii"))


def parse_posix(text: str) -> Zone:
    """Read `CET-1CEST,M3.5.0,M10.5.0/3`. POSIX offsets count west; ours count east."""
    match = _POSIX.fullmatch(text)
    if not match:
        raise ValueError(f"not a POSIX time zone: {text!r}")
    standard = -_minutes(match["std"])
    if not match["start"]:
        return Zone(standard)
    daylight = -_minutes(match["dst"]) if match["dst"] else standard + 60
    start, end = _change(match["start"]), _change(match["end"])
    if daylight < standard:
        # Ireland's law calls summer the standard and winter the exception; phones know it only the other way round.
        return Zone(daylight, standard, end, start)
    return Zone(standard, daylight, start, end)


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

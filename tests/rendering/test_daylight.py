"""What phones are told of daylight saving, read as they read it, on both sides of every change.

The readers here work with a calendar; the world's clocks are the C library's with our time zone data.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest

from provserver.domain.mac import Mac
from provserver.domain.texts import timezones
from provserver.rendering.converters import CONVERTERS, Inexpressible, Scope

YEARS = (2028, 2029)
AT = datetime(2028, 1, 1, tzinfo=UTC)
ZONES = [
    "Europe/Berlin", "Europe/London", "Europe/Lisbon", "Europe/Athens", "Europe/Chisinau", "Europe/Dublin",
    "Europe/Moscow", "Atlantic/Azores", "America/New_York", "America/Chicago", "America/Los_Angeles",
    "America/Anchorage", "America/Halifax", "America/St_Johns", "America/Santiago", "America/Nuuk", "America/Havana",
    "America/Port-au-Prince", "America/Phoenix", "America/Sao_Paulo", "America/Mexico_City", "Africa/Cairo",
    "Africa/Johannesburg", "Asia/Jerusalem", "Asia/Beirut", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo",
    "Asia/Tehran", "Asia/Dubai", "Asia/Shanghai", "Asia/Yangon", "Pacific/Auckland", "Pacific/Chatham",
    "Pacific/Easter", "Pacific/Norfolk", "Pacific/Marquesas", "Pacific/Kiritimati", "Australia/Sydney",
    "Australia/Adelaide", "Australia/Darwin", "Australia/Lord_Howe", "Australia/Eucla", "Etc/UTC",
]  # fmt: skip
Rule = tuple[int, int, str, str]
"""Minutes east of UTC, minutes that are added, and the two changes."""
CISCO = {"text": "start={start};end={end};save={saved}", "change": "{month}/{from_day}/{day}/{clock}", "none": ""}
MOVED = {"Africa/Cairo", "America/Nuuk", "Asia/Beirut", "America/Santiago", "Pacific/Easter", "Asia/Jerusalem"}
"""Where a change is on the eve of a weekday, or at its end."""


def told(name: str, zone: str, **arguments: Any) -> str | None:
    return CONVERTERS[name](zone, Scope({}, {}, Mac("805ec0123456"), {}, AT), arguments)


def minutes_of(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes or 0)


def days_of(year: int, month: int, weekday: int) -> list[date]:
    """Those of the month on this weekday, Sunday is 0."""
    all_days = [date(year, month, 1) + timedelta(days=number) for number in range(31)]
    return [day for day in all_days if day.month == month and day.isoweekday() % 7 == weekday]


def posix(zone: str) -> tuple[int, int, Callable[[str, int], tuple[date, int]], list[str]]:
    text = told("posix_zone", zone)
    found = re.fullmatch(r"STD([+-][\d:]+)(?:DST([+-][\d:]+)?,(\S+),(\S+))?", text or "")
    assert found, text
    west, saved, start, end = found.groups()
    standard = -minutes_of(west[1:]) * (-1 if west[0] == "-" else 1)
    daylight = -minutes_of(saved[1:]) * (-1 if saved[0] == "-" else 1) if saved else standard + 60

    def read(change: str, year: int) -> tuple[date, int]:
        day, _, time = change.removeprefix("M").partition("/")
        month, week, weekday = map(int, day.split("."))
        days = days_of(year, month, weekday)
        return (days[-1] if week == 5 else days[week - 1]), minutes_of(time or "2")

    return standard, daylight, read, [start, end] if start else []


def cisco(zone: str) -> tuple[int, int, Callable[[str, int], tuple[date, int]], list[str]]:
    offset = re.fullmatch(
        r"GMT([+-])(\d\d):(\d\d)", told("utc_text", zone, text="GMT{sign}{hours:02}:{minutes:02}") or ""
    )
    assert offset
    standard = (int(offset[2]) * 60 + int(offset[3])) * (-1 if offset[1] == "-" else 1)
    found = re.fullmatch(r"start=(.*);end=(.*);save=(.*)", told("dst_rule", zone, **CISCO) or "")

    def read(change: str, year: int) -> tuple[date, int]:
        month, first, weekday, time = change.split("/")
        days = days_of(year, int(month), int(weekday) % 7)
        return (days[-1] if first == "-1" else next(day for day in days if day.day >= int(first))), minutes_of(time)

    return standard, standard + (minutes_of(found[3]) if found else 0), read, [found[1], found[2]] if found else []


def parts(zone: str) -> tuple[int, int, Callable[[str, int], tuple[date, int]], list[str]]:
    """As Poly's phones take it: Sunday is 1, and the last week is a parameter of its own."""
    names = ("month", "from_day", "day", "is_last", "time")
    changes = [
        [told("dst_part", zone, change=change, part=part, sunday=1, last=22) for part in names]
        for change in ("start", "end")
    ]
    standard = int(told("utc_minutes", zone) or "")

    def read(change: str, year: int) -> tuple[date, int]:
        month, first, weekday, is_last, time = change.split()
        days = days_of(year, int(month), int(weekday) - 1)
        return (days[-1] if is_last == "1" else days[(int(first) - 1) // 7]), minutes_of(time)

    spelled = [" ".join(map(str, change)) for change in changes if None not in change]
    return standard, standard + int(told("dst_minutes", zone, none="0") or ""), read, spelled


def moments(zone: str, phone: Callable[[str], Any]) -> Iterator[tuple[datetime, int]]:
    """For both sides of every change: a moment in UTC, and the offset that the phone has then."""
    standard, daylight, read, changes = phone(zone)
    if not changes:
        for year in YEARS:
            yield from ((datetime(year, month, 1, tzinfo=UTC), standard) for month in range(1, 13))
    for year in YEARS if changes else ():
        for change, before, after in ((changes[0], standard, daylight), (changes[1], daylight, standard)):
            day, minutes = read(change, year)
            at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes - before)
            yield from ((at - timedelta(minutes=1), before), (at, after))
        assert {change.split(".")[0] for change in changes}, "both changes in every year"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Callable[[datetime], int]]]:
    """The offset of a zone at a moment, in minutes."""

    def clocks(zone: str) -> Callable[[datetime], int]:
        monkeypatch.setenv("TZ", f":{(files('tzdata') / 'zoneinfo').joinpath(*zone.split('/'))}")
        time.tzset()
        return lambda at: time.localtime(at.timestamp()).tm_gmtoff // 60

    yield clocks
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("phone", [posix, cisco, parts])
@pytest.mark.parametrize("zone", [zone for zone in ZONES if zone in timezones()])
def test_a_phone_shows_the_time_of_the_world_on_both_sides_of_a_change(
    zone: str, phone: Callable[[str], Any], world: Any
) -> None:
    offset_of = world(zone)
    try:
        shown = list(moments(zone, phone))
    except Inexpressible:
        assert zone in MOVED, "a zone that all phones can be told"
        return
    for at, offset in shown:
        assert offset_of(at) == offset, at
    over_the_year = {offset_of(datetime(YEARS[0], month, 15, tzinfo=UTC)) for month in range(1, 13)}
    assert len({offset for _, offset in shown}) == len(over_the_year), "daylight saving where the world has it"


@pytest.mark.parametrize("phone", [posix, cisco, parts])
@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),  # to summer time, of which a phone must not fall back
        ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),  # when the rule would end it
        ("America/Havana", datetime(2027, 3, 14, 5, tzinfo=UTC)),
        ("America/Havana", datetime(2027, 11, 7, 5, tzinfo=UTC)),
        ("Africa/Casablanca", datetime(2026, 2, 15, 2, tzinfo=UTC)),  # Ramadan
        ("Africa/Casablanca", datetime(2026, 3, 22, 2, tzinfo=UTC)),
        ("Africa/El_Aaiun", datetime(2026, 2, 15, 2, tzinfo=UTC)),
        ("Africa/El_Aaiun", datetime(2026, 3, 22, 2, tzinfo=UTC)),
        ("Africa/El_Aaiun", datetime(2026, 9, 20, 1, tzinfo=UTC)),
    ],
)
def test_a_phone_that_has_just_asked_shows_the_time_of_the_world_also_where_its_zone_is_an_exception(
    zone: str, change: datetime, phone: Callable[[str], Any], world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (change - timedelta(minutes=1), change):
        monkeypatch.setattr(f"{__name__}.AT", at)
        standard, daylight, read, changes = phone(zone)
        offset, moves = standard, []
        for told, before, after in zip(changes, (standard, daylight), (daylight, standard), strict=False):
            for year in (at.year - 1, at.year):
                day, minutes = read(told, year)
                moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes - before)
                moves.append((moment, after))
        for moment, after in sorted(moves):
            offset = after if moment <= at else offset
        assert world(zone)(at) == offset, at


def test_a_change_on_the_eve_is_told_where_days_can_be_counted() -> None:
    """Greenland changes an hour before the last Sunday of March begins: on the first Saturday from the 24th on."""
    assert told("dst_rule", "America/Nuuk", **CISCO) == "start=3/24/6/23;end=10/-1/7/0;save=1"


@pytest.mark.parametrize("zone", sorted(timezones()))
def test_every_zone_is_told_or_a_reason_is(zone: str) -> None:
    for name, arguments in (("posix_zone", {}), ("dst_rule", CISCO), ("dst_switch", {"on": 1, "off": 0})):
        with suppress(Inexpressible):
            assert told(name, zone, **arguments) is not None


def test_offsets_are_spelled_as_the_vendor_says() -> None:
    text = "{sign}{hours}|{minutes:02}|{decimal}"
    assert told("utc_text", "Asia/Kolkata", text=text) == "+5|30|5.5"
    assert told("utc_text", "America/St_Johns", text=text) == "-3|30|-3.5"
    assert told("utc_text", "Etc/UTC", text=text) == "+0|00|0"
    assert told("utc_minutes", "America/New_York", west=True) == "300"
    assert told("utc_offset", "Asia/Kolkata", before="UTC", pad=False) == "UTC+5:30"
    assert told("utc_offset", "Etc/UTC", before="UTC") == "UTC"
    assert told("utc_minutes", "America/New_York", unit=15) == "-20"
    assert told("utc_minutes", "Asia/Kathmandu", unit=15) == "23"
    with pytest.raises(Inexpressible, match="steps of 30 minutes"):
        told("utc_minutes", "Asia/Kathmandu", unit=30)


def test_what_a_zone_without_daylight_saving_writes_is_the_vendors_choice() -> None:
    assert told("dst_part", "Asia/Tokyo", change="start", part="month", none="0") == "0"
    assert told("dst_part", "Asia/Tokyo", change="start", part="month") is None
    assert told("dst_minutes", "Asia/Tokyo", none="0") == "0"


def test_the_last_week_has_the_vendors_number() -> None:
    assert told("dst_part", "Europe/Paris", change="end", part="week", last=-1) == "-1"
    assert told("dst_part", "America/New_York", change="end", part="week", last=-1) == "1"
    rule = {"text": "{start}+{minutes}", "change": "{month}.{week}.{day}.{hour}.{minute}", "none": "", "last": "L"}
    assert told("dst_rule", "Europe/Paris", sunday=0, **rule) == "3.L.0.2.0+60"


def test_minutes_are_told_only_where_there_is_a_place_for_them() -> None:
    """Chatham changes at a quarter to three: a phone that knows full hours only would be wrong."""
    with pytest.raises(Inexpressible, match="full hours"):
        told("dst_switch", "Pacific/Chatham", on=1, off=0)
    assert told("dst_switch", "Pacific/Chatham", on=1, off=0, minutes=True) == "1"

"""A phone that is an hour wrong for half a year is a phone that people call about."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.texts import timezones
from provserver.rendering.timezones import Change, Zone, parse_posix, zone_rules

YEAR = 2027
STEP = timedelta(minutes=15)


@cache
def _zone(name: str) -> ZoneInfo:
    """From the data that ships with us, whatever the machine has."""
    with (files("tzdata") / "zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, name)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds() / 60)


def _transitions(name: str) -> list[tuple[datetime, int, int]]:
    """Each change of offset in the year: the moment in UTC, and the offsets before and after it."""
    zone = _zone(name)
    found = []
    day = datetime(YEAR, 1, 1, tzinfo=UTC)
    while day.year == YEAR:
        if _offset(zone, day) != _offset(zone, day + timedelta(days=1)):
            at = day
            while _offset(zone, at) == _offset(zone, at + STEP):
                at += STEP
            found.append((at + STEP, _offset(zone, at), _offset(zone, at + STEP)))
        day += timedelta(days=1)
    return found


def _moment(change: Change, offset_before: int) -> datetime:
    """When the change happens in the year, in UTC: worked out with a calendar, not with the code under test."""
    first = date(YEAR, change.month, 1)
    fitting = [
        day
        for number in range(31)
        if (day := first + timedelta(days=number)).month == change.month and day.isoweekday() % 7 == change.day
    ]
    chosen = fitting[-1] if change.week == 5 else fitting[change.week - 1]
    midnight = datetime(chosen.year, chosen.month, chosen.day, tzinfo=UTC)
    return midnight + timedelta(minutes=change.minutes - offset_before)


WITH_DAYLIGHT_SAVING = [
    "Europe/Berlin", "Europe/London", "Europe/Lisbon", "Europe/Athens", "Europe/Kyiv", "Europe/Chisinau",
    "Atlantic/Azores", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Anchorage", "America/Adak", "America/Halifax", "America/St_Johns", "America/Santiago",
    "America/Scoresbysund", "America/Nuuk", "America/Port-au-Prince", "Africa/Cairo",
    "Asia/Jerusalem", "Asia/Beirut", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Easter", "Pacific/Norfolk",
    "Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe", "Europe/Dublin",
]  # fmt: skip
WITHOUT = [
    "Etc/UTC", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Asia/Tehran", "Asia/Shanghai", "America/Phoenix",
    "America/Sao_Paulo", "Africa/Johannesburg", "Pacific/Marquesas", "Australia/Eucla", "Australia/Brisbane",
    "Europe/Moscow", "Etc/GMT+12", "Pacific/Kiritimati", "America/Asuncion",
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in WITH_DAYLIGHT_SAVING if name in timezones()])
def test_both_changes_of_the_year_happen_when_the_world_says(name: str) -> None:
    rules = zone_rules(name)
    assert rules.start is not None
    assert rules.end is not None
    assert rules.daylight is not None
    expected = sorted(
        [
            (_moment(rules.start, rules.standard), rules.standard, rules.daylight),
            (_moment(rules.end, rules.daylight), rules.daylight, rules.standard),
        ]
    )
    assert _transitions(name) == expected


@pytest.mark.parametrize("name", WITHOUT)
def test_a_zone_without_daylight_saving_has_one_offset_all_year(name: str) -> None:
    rules = zone_rules(name)
    assert (rules.daylight, rules.start, rules.end) == (None, None, None)
    assert _transitions(name) == []
    assert _offset(_zone(name), datetime(YEAR, 7, 1, tzinfo=UTC)) == rules.standard


@pytest.mark.parametrize(("name", "minutes"), [("Australia/Lord_Howe", 30), ("America/New_York", 60)])
def test_how_far_the_clocks_are_moved(name: str, minutes: int) -> None:
    rules = zone_rules(name)
    assert rules.daylight is not None
    assert rules.daylight - rules.standard == minutes


@pytest.mark.parametrize("name", sorted(timezones()))
def test_every_zone_that_can_be_set_has_rules(name: str) -> None:
    """A zone that passes at write time and fails at fetch time leaves phones without their file."""
    rules = zone_rules(name)
    assert -12 * 60 <= rules.standard <= 14 * 60


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("UTC0", Zone(0)),
        ("<+0530>-5:30", Zone(330)),
        ("<-03>3", Zone(-180)),
        ("NST3:30NDT,M3.2.0,M11.1.0", Zone(-210, -150, Change(3, 2, 0, 120), Change(11, 1, 0, 120))),
        ("CET-1CEST,M3.5.0,M10.5.0/3", Zone(60, 120, Change(3, 5, 0, 120), Change(10, 5, 0, 180))),
        (
            "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
            Zone(630, 660, Change(10, 1, 0, 120), Change(4, 1, 0, 120)),
        ),
        ("<-02>2<-01>,M3.4.4/50,M10.4.4/50:30", Zone(-120, -60, Change(3, 4, 4, 3000), Change(10, 4, 4, 3030))),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", Zone(-120, -60, Change(3, 5, 0, -60), Change(10, 5, 0, 0))),
    ],
)
def test_the_text_of_the_standard_is_read(text: str, zone: Zone) -> None:
    assert parse_posix(text) == zone


@pytest.mark.parametrize(
    "text", ["", "CET", "-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,J60,J300", "CET-1CEST,59,M1.1.1", "X-1"]
)
def test_a_text_that_is_something_else_is_refused_and_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_posix(text)


@given(st.text(alphabet="CETS<>+-,./:M0123456789J", max_size=30))
def test_no_text_makes_the_reader_fail_otherwise(text: str) -> None:
    try:
        zone = parse_posix(text)
    except ValueError:
        return
    assert (zone.daylight is None) == (zone.start is None) == (zone.end is None)

"""Zones that do what they do not do every year: a phone that asks once a day must show the right time all the same."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from provserver.domain.texts import timezones
from provserver.rendering.clocks import NEVER, generation, next_turn, told_at, told_in_turn
from provserver.rendering.timezones import Zone, yearly_changes, zone_rules

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
Moment = Callable[..., datetime]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@cache
def _world(name: str) -> ZoneInfo:
    """From the data that ships with us, whatever the machine has."""
    with (files("tzdata") / "zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, name)


def actual(name: str, at: datetime) -> int:
    offset = at.astimezone(_world(name)).utcoffset()
    assert offset is not None
    return round(offset.total_seconds() / 60)


def shown(zone: Zone, at: datetime) -> int:
    """What a phone with this file shows: it follows the rule in every year."""
    moves = sorted(yearly_changes(zone, range(at.year - 1, at.year + 2)))
    return next((offset for moment, offset in reversed(moves) if moment <= at.timestamp()), zone.standard)


def days(first: datetime, last: datetime) -> Iterator[datetime]:
    while first < last:
        yield first
        first += DAY


SPECIAL = [name for name in sorted(timezones()) if len(told_in_turn(name)) > 1]


def test_there_are_zones_with_exceptions_to_be_tested() -> None:
    assert {"America/Havana", "Africa/Casablanca", "Africa/El_Aaiun", "America/Vancouver"} <= set(SPECIAL)


@pytest.mark.parametrize("name", SPECIAL)
def test_what_is_told_is_right_from_the_minute_on_from_which_it_is_told(name: str) -> None:
    for told in told_in_turn(name):
        since = datetime.fromtimestamp(told.since, UTC)
        assert told_at(name, since) == told
        assert shown(told.zone, since) == actual(name, since)
        if told.ends and told.ends.year < END.year:
            before = told.ends - MINUTE
            assert shown(told_at(name, before).zone, before) == actual(name, before)


@pytest.mark.parametrize("name", SPECIAL)
def test_what_is_told_is_right_on_every_day(name: str) -> None:
    for day in days(BEGIN, END):
        assert shown(told_at(name, day).zone, day) == actual(name, day), day


@pytest.mark.parametrize("name", SPECIAL)
def test_only_where_it_is_said_to_expire_does_a_phone_that_does_not_ask_again_get_wrong(name: str) -> None:
    for told in told_in_turn(name):
        if told.ends and told.ends < END:
            after = told.ends + MINUTE
            assert (shown(told.zone, after) != actual(name, after)) == told.expires, told.ends


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Etc/UTC"])
def test_a_zone_that_is_the_same_every_year_is_told_its_rules_for_ever(name: str) -> None:
    (told,) = told_in_turn(name)
    assert (told.zone, told.ends, told.is_exception, told.expires) == (zone_rules(name), None, False, False)


def test_cuba_skips_the_winter_of_2026_and_phones_know_it_months_before() -> None:
    summer = told_at("America/Havana", utc(2026, 7, 1))
    assert summer.zone == Zone(-240)
    assert summer == told_at("America/Havana", utc(2026, 12, 31))
    assert summer.ends == utc(2027, 3, 14, 5)
    assert summer.is_exception
    assert not summer.expires, "the rule is told as soon as it is right, and must be known by November 2027"
    assert told_at("America/Havana", utc(2027, 3, 14, 5)).zone == zone_rules("America/Havana")
    assert told_at("America/Havana", utc(2026, 2, 1)).zone == zone_rules("America/Havana")


@pytest.mark.parametrize("name", ["Africa/Casablanca", "Africa/El_Aaiun"])
def test_clocks_are_turned_back_for_ramadan_and_phones_must_ask_on_both_its_sides(name: str) -> None:
    begins, ends = utc(2026, 2, 15, 2), utc(2026, 3, 22, 2)
    offsets = [told_at(name, at).zone for at in (begins - MINUTE, begins, ends - MINUTE, ends)]
    assert offsets == [Zone(60), Zone(0), Zone(0), Zone(60)]
    fasting = told_at(name, begins)
    assert (fasting.ends, fasting.is_exception, fasting.expires) == (ends, True, True)
    due = [fasting.is_due(at) for at in (ends - 3 * DAY, ends - DAY)]
    assert due == [False, True]


def test_a_law_that_comes_into_force_is_known_before_where_a_phone_can_be_told() -> None:
    """British Columbia keeps its summer time: from the last change on phones know of no other."""
    assert told_at("America/Vancouver", utc(2026, 3, 8, 10)).zone == Zone(-420)
    assert told_at("America/Vancouver", utc(2026, 12, 1)).ends is None


def test_files_that_were_made_before_count_as_old_when_any_zone_is_told_something_else() -> None:
    havana = utc(2027, 3, 14, 5)
    assert next_turn(utc(2026, 11, 26)) == havana
    assert generation(havana - MINUTE) == generation(utc(2026, 11, 26))
    assert generation(havana) == generation(havana - MINUTE) + 1


def test_a_turn_that_makes_phones_wrong_has_an_eve_on_which_they_begin_to_ask_often() -> None:
    assert next_turn(utc(2026, 2, 1)) == utc(2026, 2, 13, 2)
    assert next_turn(utc(2026, 2, 13, 2)) == utc(2026, 2, 15, 2)


def test_after_all_that_is_known_nothing_turns_any_more() -> None:
    assert next_turn(utc(2200, 1, 1)) == NEVER

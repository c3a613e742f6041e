from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.store.types import instant_of, micros_of


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_to_the_microsecond(at: datetime) -> None:
    assert instant_of(micros_of(at)) == at


def test_times_of_other_zones_come_back_as_the_same_moment_in_utc() -> None:
    at = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert instant_of(micros_of(at)).isoformat() == "2026-07-01T10:00:00+00:00"


def test_a_time_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        micros_of(datetime(2026, 7, 1))  # noqa: DTZ001

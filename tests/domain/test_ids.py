"""Ids are shown to everybody and sort lists: they must be unique, opaque and in the order of creation."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.ids import new_id, new_ordinal, ordinal_of

moments = st.datetimes(datetime(2020, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
entropy = st.binary(min_size=10, max_size=10)


@given(moments, entropy, entropy)
def test_what_was_created_a_microsecond_later_sorts_after(at: datetime, first: bytes, second: bytes) -> None:
    """Lists page by this order: two ids the wrong way round would show a device twice, or never."""
    later = at + timedelta(microseconds=1)
    assert new_ordinal(at, first) < new_ordinal(later, second)


@given(moments, entropy, entropy)
def test_two_of_the_same_moment_differ_where_their_randomness_does(at: datetime, first: bytes, second: bytes) -> None:
    same = int.from_bytes(first, "big") >> 6 == int.from_bytes(second, "big") >> 6
    assert (new_ordinal(at, first) == new_ordinal(at, second)) is same


@given(moments, entropy)
def test_an_id_is_its_prefix_and_26_characters_that_cannot_be_misread(at: datetime, randomness: bytes) -> None:
    identifier = new_id("dev", at, randomness)
    prefix, _, ordinal = identifier.partition("_")
    assert prefix == "dev"
    assert len(ordinal) == 26
    assert not set(ordinal) - set("0123456789abcdefghjkmnpqrstvwxyz")
    assert ordinal_of(identifier) == ordinal

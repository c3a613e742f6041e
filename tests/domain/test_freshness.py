"""A stamp that does not change when a file does makes the cache serve the old file."""

from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.freshness import shared_stamp, stamp

digests = st.text("0123456789abcdef", min_size=12, max_size=12)
revisions = st.integers(0, 10**9)
parts = st.tuples(digests, revisions, revisions, revisions)


@given(parts, parts)
def test_stamps_are_equal_only_where_everything_is(
    one: tuple[str, int, int, int], two: tuple[str, int, int, int]
) -> None:
    assert (stamp(*one) == stamp(*two)) is (one == two)


@given(parts)
def test_a_device_stamp_is_its_accounts_stamp_and_its_own_revision(part: tuple[str, int, int, int]) -> None:
    """The list of stale devices compares the two halves apart."""
    digest, platform, account, own = part
    assert stamp(*part) == f"{shared_stamp(digest, platform, account)}{own}"

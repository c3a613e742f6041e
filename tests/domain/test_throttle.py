from datetime import UTC, datetime, timedelta

from provserver.domain.guessing import source_of
from provserver.domain.throttle import Throttle

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_source_has_a_handful_of_tries_and_gets_one_back_at_a_time() -> None:
    tries = Throttle(burst=3, every=2, sources=10)
    for _ in range(3):
        assert tries.wait("a", NOW) == 0
        tries.failed("a", NOW)
    assert tries.wait("a", NOW) == 2
    assert tries.wait("a", NOW + timedelta(seconds=2)) == 0
    assert tries.wait("b", NOW) == 0, "others are not held"


def test_a_clock_that_is_set_back_holds_nobody_for_longer() -> None:
    tries = Throttle(burst=1, every=2, sources=10)
    tries.failed("a", NOW)
    assert tries.wait("a", NOW - timedelta(days=1)) == 2
    assert tries.wait("a", NOW - timedelta(days=1, seconds=-2)) == 0


def test_memory_is_bounded_whatever_the_number_of_sources() -> None:
    tries = Throttle(burst=1, every=2, sources=100)
    for number in range(10_000):
        tries.failed(str(number), NOW)
    assert len(tries) == 100
    assert tries.wait("9999", NOW) > 0


def test_an_ipv6_subscriber_is_one_source() -> None:
    """Who has a /64 has 2^64 addresses, and would have as many handfuls of tries."""
    assert source_of("2001:db8:1:2::1") == source_of("2001:db8:1:2:ffff::9")
    assert source_of("2001:db8:1:2::1") != source_of("2001:db8:1:3::1")
    assert source_of("::ffff:192.0.2.1") == source_of("192.0.2.1") == "192.0.2.1"
    assert source_of("fe80::1%eth0") == source_of("fe80::2")

"""Guessing is slowed, offices are not, and remembering it all costs no more than was set aside for it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.guessing import Blocked, Guesses, source_of

OFFICE, GUESSER = "192.0.2.1", "198.51.100.66"


def _mac(number: int) -> str:
    return f"000413{number:06x}"


def _after_guesses(number: int) -> Guesses:
    guesses = Guesses(limit=3, window=60)
    for guess in range(number):
        guesses.failed(GUESSER, _mac(guess), float(guess))
    return guesses


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::9", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::1", "2001:db8:0:2::/64"),
    ],
)
def test_a_source_is_an_address_and_of_ipv6_a_64(address: str, source: str) -> None:
    """Whoever has a /64 has as many addresses as they like."""
    assert source_of(address) == source


def test_at_the_limit_only_macs_of_before_are_looked_at() -> None:
    guesses = _after_guesses(3)
    assert not guesses.may_ask(GUESSER, _mac(9), 4)
    assert guesses.may_ask(GUESSER, _mac(0), 4)
    assert guesses.may_ask(OFFICE, _mac(9), 4)


def test_below_the_limit_everything_is_looked_at() -> None:
    assert _after_guesses(2).may_ask(GUESSER, _mac(9), 4)


def test_the_window_slides() -> None:
    guesses = _after_guesses(3)
    assert not guesses.may_ask(GUESSER, _mac(9), 60)
    assert guesses.may_ask(GUESSER, _mac(9), 60.5)
    guesses.failed(GUESSER, _mac(9), 60.5)
    assert not guesses.may_ask(GUESSER, _mac(10), 60.6)


def test_the_same_mac_again_and_again_is_one() -> None:
    guesses = Guesses(2, 60)
    for at in range(50):
        guesses.failed(OFFICE, _mac(1), float(at))
    assert guesses.may_ask(OFFICE, _mac(2), 50)


def test_a_mac_that_is_proven_is_no_guess() -> None:
    guesses = _after_guesses(3)
    guesses.proved(GUESSER, _mac(1))
    assert guesses.may_ask(GUESSER, _mac(9), 4)
    guesses.proved(OFFICE, _mac(1))
    guesses.proved(GUESSER, _mac(77))
    assert len(guesses) == 2


def test_whoever_is_blocked_is_listed_until_it_is_over_or_released() -> None:
    guesses = _after_guesses(3)
    assert guesses.refused(GUESSER, 5, every=60)
    assert not guesses.refused(GUESSER, 6, every=60)
    assert guesses.blocked(6) == [Blocked(GUESSER, GUESSER, 2.0, 60.0, 2)]
    assert guesses.blocked(61) == []
    guesses = _after_guesses(3)
    guesses.release(GUESSER)
    assert (guesses.blocked(4), guesses.may_ask(GUESSER, _mac(9), 4), len(guesses)) == ([], True, 0)
    guesses.release(GUESSER)


def test_a_flood_from_everywhere_is_remembered_within_bounds() -> None:
    guesses = Guesses(500, 3600, most_sources=50, most_macs=1_000)
    chance = random.Random(1)  # noqa: S311 - made-up MACs, the same in every run
    for at in range(20_000):
        guesses.failed(f"10.0.{at % 4}.{at % 251}", _mac(chance.randrange(2**24)), at / 1000)
        assert len(guesses) <= 1_000
    assert len(guesses._sources) <= 50


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 30), st.integers(0, 9)), max_size=120))
def test_what_is_counted_is_what_is_remembered(steps: list[tuple[str, int, int]]) -> None:
    """The bound holds only while the count is right, whatever happens in whichever order."""
    guesses, now = Guesses(4, 50, most_sources=3, most_macs=10), 0.0
    for what, number, later in steps:
        now += later
        address = f"192.0.2.{number % 5}"
        match what:
            case "a":
                guesses.failed(address, _mac(number), now)
            case "b":
                guesses.proved(address, _mac(number))
            case "c":
                guesses.release(address)
            case _:
                guesses.may_ask(address, _mac(number), now)
                guesses.blocked(now)
        assert len(guesses) == sum(len(known.macs) for known in guesses._sources.values()) <= 10

"""In a storm as many are let in as can be answered before their phones have gone; nobody else is ever turned away."""

from contextlib import ExitStack

import pytest

from provserver.domain.errors import Overloaded
from provserver.services.crowd import Crowd

_PATIENCE = 2.0


class Door:
    """A crowd at a clock that is set by hand."""

    def __init__(self, limit: int = 10_000) -> None:
        self.now = 0.0
        self.crowd = Crowd(limit, _PATIENCE, lambda: self.now)

    def comes(self, stays: ExitStack, *, newcomer: bool = True) -> bool:
        try:
            stays.enter_context(self.crowd.joined(newcomer=newcomer))
        except Overloaded:
            return False
        return True

    def fill(self, *, newcomer: bool) -> list[ExitStack]:
        """Everybody who is let in."""
        inside = []
        while len(inside) < 100_000:
            stay = ExitStack()
            if not self.comes(stay, newcomer=newcomer):
                return inside
            inside.append(stay)
        raise AssertionError("without end")

    def crowd_of(self, seconds: float, rounds: int = 10) -> None:
        """A crowd of which one leaves every `seconds`."""
        for _ in range(rounds):
            for stay in self.fill(newcomer=False):
                self.now += seconds
                stay.close()


def test_more_are_let_in_where_requests_leave_faster() -> None:
    """Those inside are as many as leave within the patience of phones, whatever the machine is."""
    door = Door()
    for pace in (0.02, 0.002, 0.02):
        door.crowd_of(pace)
        assert len(door.fill(newcomer=False)) == pytest.approx(_PATIENCE / pace, rel=0.1)
        door = Door()


def test_it_learns_anew_when_requests_become_faster() -> None:
    """A storm of phones that are rendered for must not hold up phones for which all is ready for ever."""
    door = Door()
    door.crowd_of(0.05)
    slow = door.crowd.room
    door.crowd_of(0.001, rounds=30)
    assert door.crowd.room > 20 * slow


def test_few_are_never_turned_away_however_slow_it_is() -> None:
    """Else one outage of the database would leave a door that nobody passes and that so never learns better."""
    door = Door()
    door.crowd_of(30.0)
    assert len(door.fill(newcomer=True)) == 16


def test_few_tell_nothing_of_how_fast_a_crowd_is() -> None:
    """A phone an hour is no sign of a slow server."""
    door = Door()
    before = door.crowd.room
    for _ in range(200):
        with door.crowd.joined(newcomer=True):
            door.now += 1
        door.now += 3600
    assert door.crowd.room == before


def test_who_has_begun_to_boot_goes_before_who_begins() -> None:
    """A phone needs all of its files: to begin with everybody and end with nobody serves no one."""
    door = Door()
    door.crowd_of(0.01)
    beginners = door.fill(newcomer=True)
    assert len(door.fill(newcomer=False)) == pytest.approx(len(beginners), rel=0.1)


def test_nobody_is_let_in_past_the_limit() -> None:
    assert len(Door(limit=5).fill(newcomer=False)) == 5


def test_a_request_that_fails_gives_its_place_back() -> None:
    door = Door(limit=1)
    for _ in range(3):
        with pytest.raises(RuntimeError), door.crowd.joined(newcomer=True):
            raise RuntimeError

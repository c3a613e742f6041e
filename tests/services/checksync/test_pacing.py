"""A job keeps its rate: networks and registrars are sized for it."""

import asyncio

import pytest

from provserver.services.checksync.pacing import Pace


class Hand:
    """Moves the time of the loop: who sleeps is awake at once, and as late as it is told to be."""

    def __init__(self) -> None:
        self.now = 100.0
        self.late = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.late

    async def turns(self, pace: Pace, count: int) -> list[float]:
        taken = []
        for _ in range(count):
            await pace.turn()
            taken.append(round(self.now, 6))
        return taken


@pytest.fixture
async def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    hand = Hand()
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: hand.now)
    monkeypatch.setattr(asyncio, "sleep", hand.sleep)
    return hand


async def test_turns_are_evenly_spaced_and_the_first_comes_at_once(hand: Hand) -> None:
    assert await hand.turns(Pace(50), 5) == [100.0, 100.02, 100.04, 100.06, 100.08]


async def test_who_wakes_up_late_does_not_lose_the_rate(hand: Hand) -> None:
    """A busy machine is a little late each time; thousands of phones would take so much longer."""
    hand.late = 0.003
    assert await hand.turns(Pace(50), 5) == [100.0, 100.023, 100.043, 100.063, 100.083]


async def test_lost_time_is_not_made_up_for_by_a_burst(hand: Hand) -> None:
    """A server that hung for a while does not tell everybody at once when it goes on."""
    pace = Pace(20)
    await hand.turns(pace, 2)
    hand.now = 110.0
    assert await hand.turns(pace, 4) == [110.0, 110.05, 110.1, 110.15]

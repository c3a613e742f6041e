"""A job keeps its rate: networks and registrars are sized for it."""

import asyncio

from provserver.services.pacing import Pace


async def _turns(pace: Pace, count: int) -> list[float]:
    loop = asyncio.get_running_loop()
    taken = []
    for _ in range(count):
        await pace.turn()
        taken.append(loop.time())
    return taken


async def test_turns_are_evenly_spaced() -> None:
    started = asyncio.get_running_loop().time()
    taken = await _turns(Pace(50), 11)
    assert taken[-1] - started >= 0.199


async def test_the_first_turn_comes_at_once() -> None:
    started = asyncio.get_running_loop().time()
    [first] = await _turns(Pace(0.1), 1)
    assert first - started < 9, "the second comes after ten"


async def test_lost_time_is_not_made_up_for_by_a_burst() -> None:
    """A server that hung for a while does not tell everybody at once when it goes on."""
    pace = Pace(20)
    await _turns(pace, 2)
    await asyncio.sleep(0.5)
    taken = await _turns(pace, 4)
    assert taken[3] - taken[1] >= 0.099

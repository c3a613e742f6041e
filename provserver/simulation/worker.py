"""A process with simulated phones: `python -m provserver.simulation.worker`. JSON lines on stdin and stdout.

The first input line is a list of phones, each further one a `Round`. Output lines are `{"ended": n}` during a round,
and `{"tally": …}` at its end.
"""

import asyncio
import json
import sys
import time
from typing import Any

import uvloop
from pydantic import BaseModel, TypeAdapter

from provserver.simulation.boot import BootingPhone, Habits
from provserver.simulation.fleet import SimulatedPhone
from provserver.simulation.tally import Tally

_PROGRESS = 0.2


class Round(BaseModel):
    """The behaviour for a round, and the start time of each phone."""

    habits: Habits
    starts: list[float]


PHONES = TypeAdapter(list[SimulatedPhone])


def main() -> None:
    """Process rounds until the input ends."""
    phones = [BootingPhone(phone) for phone in PHONES.validate_json(sys.stdin.readline())]
    for line in sys.stdin:
        tally = uvloop.run(_boot(phones, Round.model_validate_json(line)))
        _say({"tally": tally.model_dump(mode="json")})


async def _boot(phones: list[BootingPhone], wanted: Round) -> Tally:
    habits, tally, began = wanted.habits, Tally(), time.monotonic()
    dialling = habits.dialling()

    def clock() -> float:
        return time.monotonic() - began

    async def booted(phone: BootingPhone, start: float) -> None:
        await asyncio.sleep(start)
        await phone.boot(habits, dialling, tally, clock)

    progress = asyncio.create_task(_tell(tally))
    await asyncio.gather(*(booted(phone, start) for phone, start in zip(phones, wanted.starts, strict=True)))
    progress.cancel()
    return tally


async def _tell(tally: Tally) -> None:
    told = 0
    while True:
        await asyncio.sleep(_PROGRESS)
        if tally.boots > told:
            _say({"ended": tally.boots - told})
            told = tally.boots


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

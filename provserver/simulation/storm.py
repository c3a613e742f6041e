"""Boots a fleet, distributed over processes, in rounds."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

from provserver.domain.errors import ProvserverError
from provserver.simulation.boot import Habits
from provserver.simulation.fleet import SimulatedPhone
from provserver.simulation.tally import Tally
from provserver.simulation.worker import PHONES, Round

_LONGEST_LINE = 64 * 1024 * 1024

OnProgress = Callable[[int], None]


class Storm:
    """Worker processes with phones; every n-th phone is in the same process."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes

    @classmethod
    @asynccontextmanager
    async def gather(cls, phones: list[SimulatedPhone], processes: int) -> AsyncIterator[Self]:
        """Start `processes` processes and give each its share of `phones`; they are stopped at the end of the block."""
        count = min(processes, len(phones))
        started = [await _start(phones[number::count]) for number in range(count)]
        try:
            yield cls(started)
        finally:
            for process in started:
                if process.returncode is None:
                    process.kill()
                await process.wait()

    async def boot(self, starts: list[float], habits: Habits, on_progress: OnProgress) -> Tally:
        """Boot every phone at its time in `starts`, reporting progress. Raises `ProvserverError`."""
        count = len(self._processes)
        shares = [Round(habits=habits, starts=starts[number::count]) for number in range(count)]
        told = [_round(process, share, on_progress) for process, share in zip(self._processes, shares, strict=True)]
        total = Tally()
        for tally in await asyncio.gather(*told):
            total.merge(tally)
        return total


async def _start(phones: list[SimulatedPhone]) -> Process:
    command = sys.executable, "-m", "provserver.simulation.worker"
    # In a session of its own, so that Ctrl-C does not reach it: its parent deletes the account first, and then stops
    # it.
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE, start_new_session=True
    )
    await _write(process, PHONES.dump_json(phones).decode())
    return process


async def _round(process: Process, share: Round, on_progress: OnProgress) -> Tally:
    await _write(process, share.model_dump_json())
    ended = 0
    if process.stdout is None:
        raise ProvserverError("a process of simulated phones has no output")
    async for line in process.stdout:
        message = json.loads(line)
        if "tally" in message:
            on_progress(len(share.starts) - ended)
            return Tally.model_validate(message["tally"])
        ended += message["ended"]
        on_progress(message["ended"])
    raise ProvserverError(f"a process of simulated phones ended with {await process.wait()}")


async def _write(process: Process, line: str) -> None:
    if process.stdin is None:
        raise ProvserverError("a process of simulated phones takes no input")
    process.stdin.write(line.encode() + b"\n")
    await process.stdin.drain()

"""What a start takes with the whole catalogue: time until it serves, and memory after it."""

from collections.abc import Iterator

from tests.bench.plan import Plan
from tests.bench.population import key_file_of
from tests.bench.processes import cpu_seconds, resident_bytes
from tests.bench.rows import Row
from tests.bench.server import provserver

_STARTS = 4


def start_rows(plan: Plan) -> Iterator[Row]:
    """The first start also makes the database; the best of the others counts."""
    data_dir = plan.place("start") / "data"
    key_file_of(data_dir)
    ready, used, memory = [], [], []
    for number in range(_STARTS):
        plan.say(f"start {number + 1} of {_STARTS}")
        with provserver(data_dir) as server:
            ready.append(server.ready_after)
            used.append(cpu_seconds(server.pid))
            memory.append(resident_bytes(server.pid) / 2**20)
    best = min(ready[1:])
    yield Row("ready after its start", f"{best:.2f} s", f"{min(used[1:]):.2f} s of CPU", best, 2.0, "s")
    yield Row("memory after the start", f"{max(memory[1:]):.0f} MB", "whole catalogue", max(memory[1:]), 120.0, "MB")

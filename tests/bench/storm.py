"""A boot storm: phones of mixed vendors over TLS with the patience that phones have, made of `provserver simulate`."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import copy

from provserver.config import Config
from provserver.foundation import load_vendors
from provserver.simulation.arrivals import arrivals
from provserver.simulation.boot import Habits
from provserver.simulation.fleet import SimulatedPhone, fleet
from provserver.simulation.plot import plot
from provserver.simulation.storm import Storm
from provserver.simulation.tally import Tally
from tests.bench.enlisting import enlist
from tests.bench.plan import Plan
from tests.bench.population import embedded, key_file_of
from tests.bench.processes import cpu_seconds
from tests.bench.rows import Row
from tests.bench.server import Server, provserver
from tests.postgres import running_cluster

_OFFERED = 500  # requests a second
_P99 = 500.0  # milliseconds
_GENTLER = (250, 125, 60)
_GENTLE_SECONDS = 15
_CALM = 150  # requests a second at most, of phones that are to be served for once
_PATIENT = {"patience": 30.0, "tries": 50}
_SEED = 1
_IN_MEMORY = {"TMPDIR": "/dev/shm"} if Path("/dev/shm").is_dir() else {}  # noqa: S108 - the files shared by workers
_WORKERS = ("--workers", "2")
_PROCESSES = 2
_ROUNDS = ("new", "restarted")


def storm_rows(plan: Plan) -> Iterator[Row]:
    """Two storms: phones that nobody knows yet, each of which is rendered a file, and the same after a power cut."""
    data_dir = plan.place("storm") / "data"
    gentle = {rate: rate * _GENTLE_SECONDS // 3 for rate in _GENTLER}  # some three files for a phone
    phones = _phones(plan.phones + sum(gentle.values()))
    asyncio.run(enlist(key_file_of(data_dir), embedded(data_dir), phones))
    many, others = phones[: plan.phones], phones[plan.phones :]
    with provserver(data_dir, None, *_WORKERS, **_IN_MEMORY, **plan.tls("rsa")) as server:
        tallies = asyncio.run(_storms(plan, [server], many, _OFFERED))
        for name, (tally, cpu) in zip(_ROUNDS, tallies, strict=True):
            plan.pictures[f"storm-{name}"] = plot(tally.seconds)
            yield from _rows_of(f"storm of {plan.phones:,} {name} phones", tally, cpu)
        borne = {name: _OFFERED if _is_borne(tally) else 0 for name, (tally, _) in zip(_ROUNDS, tallies, strict=True)}
        for rate, count in gentle.items():
            if all(borne.values()):
                break
            few, others = others[:count], others[count:]
            for name, (tally, _) in zip(_ROUNDS, asyncio.run(_storms(plan, [server], few, rate)), strict=True):
                borne[name] = borne[name] or (rate if _is_borne(tally) else 0)
    for name, rate in borne.items():
        tried = f"tried {', '.join(str(one) for one in (_OFFERED, *_GENTLER))}"
        yield Row(f"rate that {name} phones are served at within all bounds", tried, "", rate, unit="requests/s")


def killed_rows(plan: Plan) -> Iterator[Row]:
    """Two instances over PostgreSQL; one is killed with -9 when half of the phones have come for the first time."""
    folder, phones = plan.place("killed"), _phones(plan.phones // 20)
    key_file = key_file_of(folder / "one")
    (folder / "two").mkdir()
    copy(key_file, folder / "two")
    with running_cluster(f"bench-killed-{os.getpid()}") as cluster, ExitStack() as running:
        url = asyncio.run(cluster.create("killed"))
        asyncio.run(enlist(key_file, url, phones))
        servers = [running.enter_context(provserver(folder / name, url, **plan.tls("rsa"))) for name in ("one", "two")]
        living = [servers[1].pid]

        def kill(ended: int) -> None:
            if ended > len(phones) / 2 and living:
                os.kill(living.pop(), signal.SIGKILL)

        tallies = asyncio.run(_storms(plan, servers, phones, _OFFERED // 5, kill))
    for name, (tally, _) in zip(_ROUNDS, tallies, strict=True):
        yield _unserved(f"{len(phones):,} {name} phones, one of two instances killed: unserved", tally)


def _phones(count: int) -> list[SimulatedPhone]:
    return fleet(load_vendors(Config())[0], count, _SEED)


async def _storms(
    plan: Plan,
    servers: Sequence[Server],
    phones: list[SimulatedPhone],
    rate: float,
    on_ended: Callable[[int], None] = lambda _: None,
) -> list[tuple[Tally, float]]:
    """One storm after the other, at `rate` requests a second, each with the seconds of CPU that servers took for it.

    `on_ended` is told how many phones have ended their boots, all storms together.
    """
    ended = 0

    def booting(more: int) -> None:
        nonlocal ended
        ended += more
        plan.say(f"{ended:,} of {len(phones) * len(_ROUNDS):,} boots")
        on_ended(ended)

    habits = Habits(urls=tuple(server.phones for server in servers), patience=2.0, tries=3, verify=False)
    requests = sum(len(phone.files) for phone in phones)
    async with Storm.gather(phones, _PROCESSES) as storm:
        found: list[tuple[Tally, float]] = []
        for _ in _ROUNDS:
            if found and found[-1][0].booted < len(phones):
                # Whoever was left over would be as new as before: the next storm is of phones that are known.
                plan.say("the phones that were not served come once more, with patience")
                calm = arrivals("steady", len(phones), requests / min(rate, _CALM))
                await storm.boot(calm, habits.model_copy(update=_PATIENT), lambda _: None)
            before = sum(cpu_seconds(server.pid) for server in servers)
            tally = await storm.boot(arrivals("steady", len(phones), requests / rate), habits, booting)
            found.append((tally, sum(cpu_seconds(server.pid) for server in servers) - before))
        return found


def _is_borne(tally: Tally) -> bool:
    """Whether all is as it should be in a storm."""
    trouble = any(name.startswith("5") for name in tally.statuses)
    return tally.booted == tally.boots and not trouble and tally.latencies.quantile(0.99) <= _P99 / 1000


def _rows_of(case: str, tally: Tally, cpu: float) -> Iterator[Row]:
    yield _unserved(f"{case}: unserved", tally)
    failed = sum(count for name, count in tally.statuses.items() if name.startswith("5"))
    answers = ", ".join(f"{name}: {count:,}" for name, count in sorted(tally.statuses.items()))
    yield Row(f"{case}: 5xx", answers, "none", failed, 0.0, "answers")
    p50, p90, p99 = (tally.latencies.quantile(share) * 1000 for share in (0.5, 0.9, 0.99))
    told = f"p50 {p50:.0f}, p90 {p90:.0f}, p99 {p99:.0f} ms"
    yield Row(f"{case}: p99", told, f"{_OFFERED} requests/s offered", p99, _P99, "ms")
    cost = f"{cpu / tally.boots * 1000:.1f} ms of CPU a boot"
    yield Row(f"{case}: steady state after", f"{tally.latencies.count:,} requests", cost, tally.steady_after, unit="s")


def _unserved(case: str, tally: Tally) -> Row:
    served = f"{tally.booted:,} of {tally.boots:,} served, {tally.retries:,} tries again"
    return Row(case, served, "none", tally.boots - tally.booted, 0.0, "phones")

"""What a fetch costs: unchanged, with a new connection, with a new TLS handshake, as 304, and by several workers."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen

from tests.bench.load import Cost, Load, Target, beside, compare
from tests.bench.opponents import bare_handler, nginx
from tests.bench.plan import Plan
from tests.bench.population import AGENT, Phone, Population, embedded, key_file_of, populate
from tests.bench.rows import Row, ratio
from tests.bench.server import provserver
from tests.postgres import running_cluster

_IN_TURNS = 50
_WORKERS = "2"


def fetch_rows(plan: Plan) -> Iterator[Row]:
    """One worker over SQLite, beside a bare handler and nginx."""
    folder = plan.place("fetches")
    data_dir, population = _filled(plan, folder)
    kept = Load([phone.path for phone in population.phones[:_IN_TURNS]], AGENT)
    fresh = Load(kept.paths, AGENT, fresh=True)
    with ExitStack() as running:
        ours = running.enter_context(provserver(data_dir))
        body, etag = fetched(ours.phones, population.phones[0])
        static = running.enter_context(nginx(folder, plan.certificates, body))
        bare = running.enter_context(bare_handler(len(body)))
        targets = {"ours": ours.target, "bare": bare, "nginx": static["plain"]}
        for case, load, bound in (("kept connection", kept, 2.0), ("new connection", fresh, 1.4)):
            plan.say(f"unchanged file, {case}")
            yield _row(f"unchanged file, {case}", beside(load, targets, plan.seconds, folder), bound)
        plan.say("304")
        yield _not_modified(ours.target, population.phones[0], etag, plan, folder)
        yield from _tls(data_dir, static, fresh, plan, folder)


def _filled(plan: Plan, folder: Path) -> tuple[Path, Population]:
    plan.say(f"{plan.devices:,} devices into a database")
    data_dir = folder / "data"
    return data_dir, asyncio.run(populate(key_file_of(data_dir), embedded(data_dir), plan.devices, _IN_TURNS))


def _row(case: str, costs: dict[str, Cost], bound: float) -> Row:
    ours, bare, static = (costs[name].microseconds for name in ("ours", "bare", "nginx"))
    return Row(case, f"{ours:,.0f} µs", f"bare handler {bare:,.0f}, nginx {static:,.0f} µs", ours / bare, bound)


def _not_modified(target: Target, phone: Phone, etag: str, plan: Plan, folder: Path) -> Row:
    """The same phone with and without the ETag that it has been told."""
    asked = {"200": Load([phone.path], AGENT), "304": Load([phone.path], {**AGENT, "If-None-Match": etag})}
    costs = compare({name: (load, target) for name, load in asked.items()}, plan.seconds, folder)
    return ratio("304", costs["304"].microseconds, costs["200"].microseconds, 1.0, "200")


def _tls(data_dir: Path, static: dict[str, Target], fresh: Load, plan: Plan, folder: Path) -> Iterator[Row]:
    for name, bound in (("rsa", 1.3), ("ecdsa", 2.2)):
        plan.say(f"TLS handshakes, {name.upper()}")
        with provserver(data_dir, **plan.tls(name)) as server:
            costs = beside(fresh, {"ours": server.target, "nginx": static[name]}, plan.seconds, folder)
        case = f"unchanged file, new TLS handshake, {'RSA-2048' if name == 'rsa' else 'ECDSA P-256'}"
        yield ratio(case, costs["ours"].microseconds, costs["nginx"].microseconds, bound, "nginx")


def server_rows(plan: Plan) -> Iterator[Row]:
    """Several workers over a real PostgreSQL: each fetch asks it whether the record still stands."""
    folder = plan.place("postgresql")
    data_dir = folder / "data"
    with running_cluster(f"bench-{os.getpid()}") as cluster:
        plan.say(f"{plan.devices:,} devices into PostgreSQL")
        url = asyncio.run(cluster.create("bench"))
        population = asyncio.run(populate(key_file_of(data_dir), url, plan.devices, _IN_TURNS))
        load = Load([phone.path for phone in population.phones], AGENT)
        with ExitStack() as running:
            ours = running.enter_context(provserver(data_dir, url, "--workers", _WORKERS))
            body, _ = fetched(ours.phones, population.phones[0])
            bare = running.enter_context(bare_handler(len(body)))
            plan.say("fetches over PostgreSQL")
            costs = beside(load, {"ours": ours.target, "bare": bare}, plan.seconds, folder)
    case = f"unchanged file, kept connection, PostgreSQL, {_WORKERS} workers"
    yield ratio(case, costs["ours"].microseconds, costs["bare"].microseconds, 3.5, "bare handler")


def fetched(url: str, phone: Phone) -> tuple[bytes, str]:
    """A phone's configuration with its ETag."""
    with urlopen(Request(url + phone.path, headers=AGENT), timeout=10) as answer:  # noqa: S310 - our own
        return answer.read(), answer.headers["ETag"]

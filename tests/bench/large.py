"""What a million devices cost: fetches, the memory of a worker, changes of a whole account, lists, searches, usage."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from provserver.domain.ids import new_ordinal
from provserver.store.pages import PageRequest, Window
from provserver.store.schema import devices
from provserver.store.sealing import Sealer
from tests.bench.large_population import LargePopulation, populate_large
from tests.bench.load import Load, compare
from tests.bench.meanwhile import meanwhile
from tests.bench.plan import Plan
from tests.bench.population import AGENT, Population, embedded, key_file_of, populate
from tests.bench.processes import resident_bytes
from tests.bench.rows import Row, ratio
from tests.bench.server import KEY, Server, provserver

_SMALL = 1_000
_IN_TURNS = 50
_OPEN_HERE = {"PROVSERVER_PHONES__AUTH": "token,network", "PROVSERVER_PHONES__NETWORKS": "127.0.0.0/8"}
_MORE_THAN_THE_CACHE = 72 * 2**20
_CHANGES = 20
_PAUSE = 0.25
_PAGES = 7
_AT_ONCE = 8


def large_rows(plan: Plan) -> Iterator[Row]:
    """Two servers, the one over a thousand devices, the other over a million, asked for the same phones."""
    folder = plan.place("large")
    small_dir, _, phones = _filled(plan, folder / "small", _SMALL)
    large_dir, large, again = _filled(plan, folder / "large", plan.fleet)
    with ExitStack() as running:
        few = running.enter_context(provserver(small_dir, **_OPEN_HERE))
        many = running.enter_context(provserver(large_dir, **_OPEN_HERE))
        plan.say(f"fetches among {_SMALL:,} and among {plan.fleet:,} devices")
        asked = {"few": (_load(phones), few.target), "many": (_load(again), many.target)}
        costs = compare(asked, plan.seconds, folder)
        case = f"unchanged file, {_SMALL:,} -> {plan.fleet:,} devices"
        yield ratio(case, costs["many"].microseconds, costs["few"].microseconds, 1.25, f"{_SMALL:,} devices")
        yield from _reading(plan, many, large)
        yield from _changing(plan, many, large)
        yield _memory(plan, many, large)


def _filled(plan: Plan, data_dir: Path, count: int) -> tuple[Path, LargePopulation, Population]:
    def tell(done: int) -> None:
        plan.say(f"{done:,} of {count:,} devices into a database")

    tell(0)
    key_file = key_file_of(data_dir)
    phones = asyncio.run(populate(key_file, embedded(data_dir), _IN_TURNS, _IN_TURNS))
    return data_dir, asyncio.run(populate_large(data_dir, Sealer.from_key_file(key_file), count, tell)), phones


def _load(population: Population) -> Load:
    return Load([phone.path for phone in population.phones], AGENT)


def _reading(plan: Plan, server: Server, large: LargePopulation) -> Iterator[Row]:
    """Pages of a hundred by the API, of the account that has half of all devices, at three depths."""
    plan.say("lists, searches and usage")
    ask = _Api(server)
    half, size = large.half.id, f"{large.count // 2:,} devices"
    depths = {"first": None, "middle": _cursor(large, large.count // 2), "end": _cursor(large, large.count // 100)}

    def deep(**query: Any) -> dict[str, Callable[[], Any]]:
        return {name: partial(ask.devices, half, at, **query) for name, at in depths.items()}

    yield _pages(f"a page of a list of {size}", deep())
    yield _pages("the same by vendor and location", deep(vendor="snom", location="Room 17"))
    two = {"vendor": "snom", "status": "pending-sync"}
    exclude = {"two": two, "three": {**two, "location": "Room 17"}, "model": {"vendor": "snom", "model": "T46U"}}
    excluding = {name: partial(ask.devices, half, None, **query) for name, query in exclude.items()}
    yield _pages("the same by filters that exclude each other", excluding)
    yield _pages(f"a page of a search in {size}, a broad word", deep(search="phone"))
    yield _pages("the same, two broad words", deep(search="phone d8"))
    rare = {"rare word": {"search": f"phone {large.count // 2 + 1}"}, "location": {"search": "room 17"}}
    yield _pages("the same", {name: partial(ask.devices, half, None, **query) for name, query in rare.items()})
    accounts = {f"{large.count // 10:,} devices": large.tenth.id, f"{large.count // 2:,}": half, "all accounts": None}
    yield _pages("usage", {name: partial(ask.usage, large, of) for name, of in accounts.items()})


def _pages(case: str, asked: Mapping[str, Callable[[], Any]]) -> Row:
    """How long each takes, the best of some, since the machine is never alone; the slowest counts."""
    took = {}
    for name, ask in asked.items():
        ask()
        took[name] = min(_seconds(ask) for _ in range(_PAGES)) * 1000
    told = ", ".join(f"{name} {one:.0f}".strip() for name, one in took.items())
    return Row(case, f"{told} ms", "50 ms", max(took.values()), 50.0, "ms")


def _cursor(large: LargePopulation, number: int) -> str:
    """The cursor of a page that begins below device `number`, as a page before it would tell."""
    ordinal = new_ordinal(large.created_at(number), bytes(10))
    return Window.of(PageRequest(100), devices.c.ordinal).cursor("next", (ordinal,))


def _changing(plan: Plan, server: Server, large: LargePopulation) -> Iterator[Row]:
    """Changes of an account with a tenth of all, while phones of that account fetch what has changed for each."""
    plan.say(f"changes of an account with {large.count // 10:,} devices")
    ask = _Api(server)
    paths = [f"/{mac.bare}.cfg" for mac in large.phones_of_tenth()]
    with _fetching(server, paths[0::2]) as quiet:
        time.sleep(_CHANGES * _PAUSE)
    took = []
    with _fetching(server, paths[1::2]) as waits:
        for number in range(_CHANGES):
            change = {"abstractions": {"network": {"ntp_server": f"ntp{number}.example.net"}}}
            took.append(_seconds(partial(ask.change, large.tenth.id, change)))
            time.sleep(_PAUSE)
    usual, worst = median(took) * 1000, max(took) * 1000
    case = f"a change of an account with {large.count // 10:,} devices"
    yield Row(case, f"median {usual:.1f}, worst {worst:.1f} ms", "50 ms", usual, 50.0, "ms")
    late, before = max(waits) * 1000, max(quiet) * 1000
    told = f"{len(waits)} fetches, the slowest {late:.0f} ms", f"without it {before:.0f} ms"
    yield Row("delay of its phones' fetches meanwhile, all rendered", *told, max(0.0, late - before), 50.0, "ms")


def _fetching(server: Server, paths: Sequence[str]) -> AbstractContextManager[list[float]]:
    """A phone after the other fetches its file, ten a second; what each waits."""

    def fetch(stop: threading.Event, waits: list[float]) -> None:
        connection = http.client.HTTPConnection(urlsplit(server.phones).netloc, timeout=30)
        for path in paths:
            if stop.wait(0.1):
                break
            waits.append(_seconds(partial(_get, connection, path, AGENT)))
        connection.close()

    return meanwhile(fetch)


def _memory(plan: Plan, server: Server, large: LargePopulation) -> Row:
    """The worker once it has served more phones than its caches hold."""
    paths = iter([f"/{mac.bare}.cfg" for mac in large.phones_of_tenth()])
    served = size = 0
    with ThreadPoolExecutor(_AT_ONCE) as phones:
        while size < _MORE_THAN_THE_CACHE and (some := list(islice(paths, _AT_ONCE * 25))):
            size += sum(
                phones.map(lambda share: _fetch_all(server, share), (some[n::_AT_ONCE] for n in range(_AT_ONCE)))
            )
            served += len(some)
            plan.say(f"memory of a worker: {served:,} phones, {size / 2**20:.0f} MB of files")
    megabytes = resident_bytes(server.pid) / 2**20
    told = f"after {served:,} phones with {size / 2**20:.0f} MB of files"
    return Row(f"memory of a worker, {large.count:,} devices", f"{megabytes:.0f} MB", told, megabytes, 250.0, "MB")


def _fetch_all(server: Server, paths: Sequence[str]) -> int:
    """How many bytes these files have."""
    connection = http.client.HTTPConnection(urlsplit(server.phones).netloc, timeout=60)
    size = sum(len(_get(connection, path, AGENT)) for path in paths)
    connection.close()
    return size


class _Api:
    """The API on one connection."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(server.api).netloc, timeout=60)

    def devices(self, account: str, cursor: str | None, **query: str) -> None:
        """A page of a hundred."""
        asked = {"limit": "100", **query, **({"page": cursor} if cursor else {})}
        self._get(f"/v1/devices?{urlencode(asked, quote_via=quote)}", account)

    def usage(self, large: LargePopulation, account: str | None) -> None:
        """The usage of all time."""
        until = f"{large.created_at(large.count):%Y-%m-%d}"
        self._get(f"/v1/usage?from=2020-01-01&to={until}", account)

    def change(self, account: str, document: Any) -> None:
        """Change the account layer."""
        headers = {**_headers(account), "Content-Type": "application/json"}
        self._connection.request("POST", "/v1/account/config", json.dumps(document), headers)
        _whole(self._connection)

    def _get(self, path: str, account: str | None) -> None:
        _get(self._connection, path, _headers(account))


def _headers(account: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEY}", **({"DialStack-Account": account} if account else {})}


def _get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    connection.request("GET", path, headers=headers)
    return _whole(connection)


def _whole(connection: http.client.HTTPConnection) -> bytes:
    answer = connection.getresponse()
    body = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"answered {answer.status}: {body[:200]!r}")
    return body


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

"""What the first fetch of a file costs, which renders it, and how long renders hold the loop that all phones share."""

import asyncio
import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from tests.bench.fetches import fetched
from tests.bench.load import Target
from tests.bench.meanwhile import meanwhile
from tests.bench.opponents import bare_handler
from tests.bench.plan import Plan
from tests.bench.population import AGENT, Phone, embedded, key_file_of, populate
from tests.bench.processes import cpu_seconds
from tests.bench.rows import Row, ratio
from tests.bench.server import Server, provserver

_PHONES = 200
_TURNS = 4
_AGAIN = 5
_ROUNDS = 10  # all phones that often in each of these turns: time is counted in hundredths of a second


def render_rows(plan: Plan) -> Iterator[Row]:
    """Each phone for the first time, then all again; in half of the turns somebody else looks how the loop is held.

    Of some turns the best counts, since the machine itself holds everybody now and then.
    """
    data_dir = plan.place("renders") / "data"
    plan.say(f"{_PHONES} first fetches")
    phones = asyncio.run(populate(key_file_of(data_dir), embedded(data_dir), _PHONES, _PHONES)).phones
    shares = [phones[1 + turn :: 2 * _TURNS] for turn in range(2 * _TURNS)]
    with provserver(data_dir) as server, bare_handler(1000) as bare:
        fetched(server.phones, phones[0])  # the template is compiled once
        first = min(_cost_of_all(server, share) for share in shares[:_TURNS])
        waits = [_waits(server, bare, share) for share in shares[_TURNS:]]
        _cost_of_all(server, phones[1:])  # what their first contact has changed is read once more
        again = min(_cost_of_all(server, phones[1:] * _ROUNDS) for _ in range(_AGAIN))
    held, noise = min(held for held, _ in waits) * 1000, min(noise for _, noise in waits) * 1000
    yield ratio("first render of a file", first, again, 12.0, "unchanged, one by one,")
    told = f"bare handler {noise:.1f} ms meanwhile"
    yield Row("event loop held by renders, at most", f"{held:.1f} ms", told, held, 20.0, "ms")


def _waits(server: Server, bare: Target, phones: Sequence[Phone]) -> tuple[float, float]:
    """How long anybody else waited during these first fetches, at most: at the server, at a bare handler."""
    with _asked_all_the_time(server.phones) as waits, _asked_all_the_time(bare.url) as others:
        _cost_of_all(server, phones)
    return max(waits), max(others)


def _cost_of_all(server: Server, phones: Sequence[Phone]) -> float:
    connection = http.client.HTTPConnection(urlsplit(server.phones).netloc, timeout=10)
    before = cpu_seconds(server.pid)
    for phone in phones:
        connection.request("GET", phone.path, headers=AGENT)
        connection.getresponse().read()
    connection.close()
    return (cpu_seconds(server.pid) - before) / len(phones) * 1e6


def _asked_all_the_time(url: str) -> AbstractContextManager[list[float]]:
    """How long each answer takes, over and over on one connection: that is what the loop was held.

    A server that holds its loop for nothing, asked at the same time, tells how much of it is the machine.
    """

    def ask(stop: threading.Event, waits: list[float]) -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        while not stop.is_set():
            began = time.perf_counter()
            connection.request("POST", "/")  # refused at once; what nobody knows is refused in its time
            connection.getresponse().read()
            waits.append(time.perf_counter() - began)
            time.sleep(0.002)
        connection.close()

    return meanwhile(ask)

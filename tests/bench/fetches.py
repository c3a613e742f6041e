"""What a fetch costs: unchanged, with a new connection, with a new TLS handshake, as 304, and rendered anew."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tests.bench.load import Load, measure
from tests.bench.opponents import bare_handler, make_certificates, nginx
from tests.bench.population import AGENT, Phone, Population
from tests.bench.processes import cpu_seconds
from tests.bench.rows import Row, ratio
from tests.bench.server import Server, provserver


def fetch_rows(data_dir: Path, folder: Path, population: Population, seconds: float) -> Iterator[Row]:
    """The rows about single fetches. `seconds`: how long each is measured."""
    phones = population.phones
    with provserver(data_dir) as server:
        yield from _first_render(server, phones)
        body, etag = _fetch(server, phones[0])
        kept = Load([phone.path for phone in phones[:50]], AGENT)
        fresh = Load(kept.paths, AGENT, fresh=True)
        unchanged = measure(kept, server.phones, server.pid, seconds, folder)
        alone = Load([phones[0].path], AGENT | {"If-None-Match": etag})
        not_modified = measure(alone, server.phones, server.pid, seconds, folder)
        connected = measure(fresh, server.phones, server.pid, seconds, folder)
    with bare_handler(len(body)) as (pid, url):
        bare = measure(kept, url, pid, seconds, folder)
        bare_fresh = measure(fresh, url, pid, seconds, folder)
    yield ratio("unchanged file, kept connection", unchanged.microseconds, bare.microseconds, 2.0, "bare handler")
    yield ratio("unchanged file, new connection", connected.microseconds, bare_fresh.microseconds, 1.4, "bare handler")
    yield ratio("304", not_modified.microseconds, unchanged.microseconds, 1.0, "200")
    yield from _tls(data_dir, folder, body, fresh, seconds)


def _tls(data_dir: Path, folder: Path, body: bytes, fresh: Load, seconds: float) -> Iterator[Row]:
    make_certificates(folder)
    with nginx(folder, body) as (pid, urls):
        static = {name: measure(fresh, urls[name], pid, seconds, folder) for name in ("rsa", "ecdsa")}
    for name, bound in (("rsa", 1.3), ("ecdsa", 2.2)):
        certificate = {
            "PROVSERVER_PHONES__TLS__CERT": str(folder / f"{name}.pem"),
            "PROVSERVER_PHONES__TLS__KEY": str(folder / f"{name}.key"),
        }
        with provserver(data_dir, **certificate) as server:
            ours = measure(fresh, server.phones, server.pid, seconds, folder)
        case = f"unchanged file, new TLS handshake, {name.upper()}"
        yield ratio(case, ours.microseconds, static[name].microseconds, bound, "nginx static")


def _fetch(server: Server, phone: Phone) -> tuple[bytes, str]:
    with urlopen(Request(server.phones + phone.path, headers=AGENT), timeout=10) as answer:  # noqa: S310 - our own
        return answer.read(), answer.headers["ETag"]


def _first_render(server: Server, phones: tuple[Phone, ...]) -> Iterator[Row]:
    """Each phone for the first time, then all again; meanwhile somebody else looks how long the loop is held."""
    stop = threading.Event()
    waits: list[float] = []
    other = threading.Thread(target=_ask_all_the_time, args=(server, stop, waits))
    _fetch(server, phones[0])  # the template is compiled once
    other.start()
    first = _cost_of_all(server, phones[1:])
    stop.set()
    other.join()
    again = _cost_of_all(server, phones[1:])
    yield ratio("first render", first, again, 12.0, "unchanged fetch, one after the other,")
    waits.sort()
    yield Row("loop held by renders", f"{waits[-1] * 1000:.1f} ms at most", "20 ms", waits[-1] * 1000, 20.0, "ms")


def _cost_of_all(server: Server, phones: tuple[Phone, ...]) -> float:
    before = cpu_seconds(server.pid)
    for phone in phones:
        _fetch(server, phone)
    return (cpu_seconds(server.pid) - before) / len(phones) * 1e6


def _ask_all_the_time(server: Server, stop: threading.Event, waits: list[float]) -> None:
    """A file of everybody, over and over on one connection: how long each answer takes is what the loop was held."""
    import http.client  # noqa: PLC0415

    connection = http.client.HTTPConnection(urlsplit(server.phones).netloc, timeout=10)
    while not stop.is_set():
        began = time.perf_counter()
        connection.request("GET", "/nothing.that.phones.ask.for")
        connection.getresponse().read()
        waits.append(time.perf_counter() - began)
        time.sleep(0.002)
    connection.close()

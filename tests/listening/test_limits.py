"""Those who come to occupy rather than to ask get their time and their number, and phones are served beside them."""

import asyncio
import gzip
import re
import socket
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog
from aiohttp import web

from provserver.listening.connection import ListenerPolicy
from provserver.listening.connection_limit import ConnectionLimit
from provserver.listening.http_log import http_logger
from provserver.listening.identity import Identity, build_context
from provserver.listening.tls import ServerTls
from tests.listening.openings import mirror, opened, said
from tests.pki import Authority

BAD = re.compile(rb"HTTP/1\.[01] 400 ")
REQUEST = b"GET /file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def test_those_who_come_at_once_are_not_let_in_one_by_one() -> None:
    """In a storm a turn of the loop is long: phones would have gone when it is theirs, though there is room for all."""
    limit = ConnectionLimit(100)
    async with opened(mirror(), ListenerPolicy(connections=limit)) as port:
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
        for _ in range(3):
            await asyncio.sleep(0)
        connected = limit._taken
        for client in clients:
            client.close()
    assert connected == len(clients)


async def test_who_sends_his_head_drop_by_drop_is_cut_off() -> None:
    """Slow-loris: each drop is in time, the head never is."""
    async with opened(mirror(), ListenerPolicy(connections=ConnectionLimit(10)), keepalive_timeout=0.4) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /file HTTP/1.1\r\n")

        async def drip() -> None:
            while True:
                writer.write(b"X-A: b\r\n")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(60):
            with suppress(ConnectionError):  # what is on its way when the other end closes is answered by a reset
                assert await reader.read() == b""
        dripping.cancel()
        writer.close()


async def test_who_says_nothing_is_cut_off_as_well() -> None:
    async with opened(mirror(), ListenerPolicy(connections=ConnectionLimit(10)), keepalive_timeout=0.2) as port:
        assert await said(port, b"") == b""


@pytest.mark.parametrize("kind", ["tls", "proxy"])
async def test_who_says_nothing_before_http_is_cut_off_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("provserver.listening.connection_limit._GREETING_SECONDS", 0.2)
    identity = Identity(*Authority("Web root").issue(dns="localhost", CN="localhost").write(tmp_path, "server"))
    tls = ServerTls(build_context([identity])) if kind == "tls" else None
    proxies = (ip_network("127.0.0.0/8"),) if kind == "proxy" else ()
    async with opened(mirror(), ListenerPolicy(connections=ConnectionLimit(1), tls=tls, proxies=proxies)) as port:
        assert await said(port, b"") == b""
        assert await said(port, b"\x16\x03" if tls else b"PROXY TCP4") == b""


async def test_past_the_limit_the_newest_is_let_go_and_the_others_are_served() -> None:
    with structlog.testing.capture_logs() as logs:
        async with opened(mirror(), ListenerPolicy(connections=ConnectionLimit(5))) as port:
            idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
            for _, writer in idle:
                writer.write(REQUEST.replace(b"close", b"keep-alive"))
            for reader, _ in idle:
                assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            assert [await said(port, REQUEST) for _ in range(3)] == [b"", b"", b""]
            idle[0][1].close()
            answers = [await said(port, REQUEST) for _ in range(20)]  # until it has noticed that one has gone
            assert b"200 OK" in answers[-1]
            for _, writer in idle[1:]:
                writer.close()
    assert [line["event"] for line in logs] == ["too_many_connections"]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"a" * 20_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Many: a\r\n" * 2_000,
    ],
    ids=["line", "field", "number"],
)
async def test_a_head_without_measure_is_a_bad_request(head: bytes) -> None:
    async with opened(mirror(), ListenerPolicy(connections=ConnectionLimit(10)), max_field_size=16 * 1024) as port:
        assert BAD.match(await said(port, head + b"\r\n"))


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Content-Length: 4\r\nContent-Length: 6\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: 4, 4\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"X-A: b\r\n continued: c\r\n",
        b"X-A: b\rContent-Length: 4\r\n",
        b"X\0A: b\r\n",
    ],
)
async def test_what_two_parsers_would_read_differently_ends_the_connection(head: bytes) -> None:
    """Request smuggling: a second request hidden in the first must never be answered."""
    body = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    async with opened(mirror(), ListenerPolicy(connections=ConnectionLimit(10)), logger=http_logger()) as port:
        answer = await said(port, b"POST /first HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n" + body)
    assert BAD.match(answer)
    assert b"http 0 /hidden" not in answer
    assert len(re.findall(rb"HTTP/1\.[01] \d", answer)) == 1


async def test_a_request_that_is_none_is_one_line_in_the_log() -> None:
    """A traceback each would fill the disk of whoever is scanned."""
    with structlog.testing.capture_logs() as logs:
        async with opened(mirror(), ListenerPolicy(connections=ConnectionLimit(10)), logger=http_logger()) as port:
            await said(port, b"GET / HTTP/1.1\r\nHost: a\r\nX\0A: b\r\n\r\n")
    assert [(line["event"], line["source"], "exc_info" in line) for line in logs] == [
        ("bad_request", "127.0.0.1", False)
    ]


async def test_a_body_that_is_not_what_it_says_is_one_line_too() -> None:
    """Whoever has no key, and is refused unread, could fill the disk as well."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n"
    with structlog.testing.capture_logs() as logs:
        nobody_reads = web.Application()
        async with opened(nobody_reads, ListenerPolicy(connections=ConnectionLimit(10)), logger=http_logger()) as port:
            await said(port, head + b"no gzip")
    assert [(line["event"], line["reason"], "exc_info" in line) for line in logs] == [
        ("bad_request", "Can not decode content-encoding: gzip", False)
    ]


@pytest.mark.parametrize(
    "request_line", [b"", b"GET", b"GET / HTTP/9.9", b"GET / HTTP/1.1", b"\x16\x03\x01", b"HEAD / HTTP/1.1"]
)
async def test_whoever_sends_nonsense_does_not_learn_what_runs_here(request_line: bytes) -> None:
    """Scanners collect versions, and come back on the day on which one of them has a hole."""
    async with opened(mirror(), ListenerPolicy(connections=ConnectionLimit(10)), logger=http_logger()) as port:
        answer = await said(port, request_line + b"\r\nX\0A: b\r\n\r\n")
    assert BAD.match(answer)
    assert b"\r\nServer: provserver\r\n" in answer
    assert not re.search(rb"aiohttp|python", answer, re.IGNORECASE)


async def test_a_small_body_that_grows_large_is_too_large() -> None:
    """A gzip bomb: 50 MB in 50 kB must not come to life in memory."""
    app = web.Application(client_max_size=1024 * 1024)

    async def read(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    app.router.add_post("/", read)
    bomb = gzip.compress(b"\0" * 50_000_000, 9)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    async with opened(app, ListenerPolicy(connections=ConnectionLimit(10))) as port:
        answer = await said(port, head % len(bomb) + bomb)
    assert answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))

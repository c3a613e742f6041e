"""What goes out before aiohttp has looked at the request is what it would have sent, and never out of turn."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
import pytest
from aiohttp import web

from provserver.domain.device import Device
from provserver.listening.trust import VendorTrust
from provserver.phones.connection import Connection, PhoneRunner
from tests.phones.conftest import YEALINK_AGENT, MakeOffice, Office

MAC = "805ec0aabbcc"
AGENT = YEALINK_AGENT.format(mac=MAC)
_LENGTH = re.compile(rb"Content-Length: (\d+)")
_DATE = re.compile(rb"Date: [^\r]+")


@dataclass
class Line:
    """A connection to the listener of an office."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def said(self) -> bytes:
        """The next answer, whole."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        return head + (await self.reader.readexactly(int(length[1])) if length else b"")

    async def ask(self, request: bytes) -> bytes:
        self.writer.write(request)
        return await self.said()


@dataclass
class Known:
    """A phone that is answered at once, and what it says."""

    office: Office
    device: Device
    line: Line
    request: bytes

    @property
    def from_cache(self) -> int:
        return self.office.from_cache


async def dial(office: Office) -> Line:
    return Line(*await asyncio.open_connection("127.0.0.1", office.client.port))


def fetch(device: Device, *headers: str, version: str = "1.1") -> bytes:
    lines = [f"GET /p/{device.token}/{MAC}.cfg HTTP/{version}", "Host: x", f"User-Agent: {AGENT}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not happened():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)


async def learn(office: Office, request: bytes) -> bytes:
    """What aiohttp answers, asked until it is not asked any more."""
    for _ in range(3):
        line = await dial(office)
        answer = await line.ask(request)
        line.writer.close()
        await office.contacts.flush()
    return answer


@pytest.fixture
async def known(make_office: MakeOffice) -> AsyncIterator[Known]:
    office: Office = await make_office()
    device, _ = await office.phone(MAC, "yealink")
    request = fetch(device)
    await learn(office, request)
    found = Known(office, device, await dial(office), request)
    await found.line.ask(request)
    assert found.from_cache > 0
    yield found
    found.line.writer.close()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("headers", [[], ["Connection: close"], ["Connection: keep-alive"], ["If-None-Match: *"]])
async def test_it_is_the_same_to_the_byte(known: Known, version: str, headers: list[str]) -> None:
    """Status line, header, body, and whether the connection stays."""
    request, answers = fetch(known.device, *headers, version=version), set()
    before, tries = known.from_cache, 5
    for _ in range(tries):
        line = await dial(known.office)
        answer = await line.ask(request)
        ends = (version == "1.0" or "Connection: close" in headers) and b"keep-alive" not in answer
        assert not ends or await line.reader.read() == b""
        assert ends or (await line.ask(known.request)).startswith(b"HTTP/1.1 200 OK")
        answers.add(_DATE.sub(b"", answer))
        line.writer.close()
    assert len(answers) == 1
    assert known.from_cache - before >= tries - 1


async def test_a_connection_on_which_a_request_came_in_pieces_is_left_to_aiohttp(known: Known) -> None:
    """What looks like a request after that may be the rest of one."""
    before = known.from_cache
    known.line.writer.write(known.request[:30])
    await known.line.writer.drain()
    await asyncio.sleep(0)
    whole = await known.line.ask(known.request[30:])
    assert whole.startswith(b"HTTP/1.1 200 OK")
    if known.from_cache == before:  # else the two pieces have come as one
        assert await known.line.ask(known.request) == whole
        assert known.from_cache == before


async def test_a_body_that_looks_like_a_known_request_is_none(known: Known) -> None:
    head = fetch(known.device, f"Content-Length: {len(known.request)}")
    before = known.from_cache
    known.line.writer.write(head)
    await known.line.writer.drain()
    first = await known.line.ask(known.request)
    assert first.startswith(b"HTTP/1.1 200 OK")
    known.line.writer.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    rest = await known.line.reader.read()
    assert rest.startswith(b"HTTP/1.1 404")
    assert rest.count(b"HTTP/1.1") == 1
    assert known.from_cache == before


async def test_answers_come_in_the_order_of_the_requests(known: Known) -> None:
    """The first takes its time, since it is refused; the known one behind it must not overtake it."""
    known.line.writer.write(b"GET /snomD785-000413AABBCC.htm HTTP/1.1\r\nHost: x\r\n\r\n")
    await known.line.writer.drain()
    await asyncio.sleep(0.005)
    known.line.writer.write(known.request)
    assert (await known.line.said()).startswith(b"HTTP/1.1 404")
    assert (await known.line.said()).startswith(b"HTTP/1.1 200 OK")
    known.line.writer.write(known.request + known.request)
    assert [(await known.line.said())[:15] for _ in range(2)] == [b"HTTP/1.1 200 OK"] * 2


@pytest.fixture
def slow_database(known: Known, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[bool], None]]:
    """What waits for the database to tell whether a record stands, as with a server."""
    waiting: list[Callable[[bool], None]] = []
    monkeypatch.setattr(known.office.provisioning.records, "tell", lambda _, then: waiting.append(then))
    return waiting


def _connection(known: Known) -> Connection:
    runner, mine = known.office.client.server.runner, known.line.writer.get_extra_info("sockname")
    assert runner
    server = runner.server
    assert isinstance(server, web.Server)
    found = next(one for one in server.connections if one.peername == mine)
    assert isinstance(found, Connection)
    return found


@pytest.mark.parametrize("stands", [True, False])
async def test_what_is_said_while_the_database_is_asked_is_answered_after_that(
    known: Known, slow_database: list[Callable[[bool], None]], *, stands: bool
) -> None:
    """Also where aiohttp must look into the first one after all."""
    before = known.from_cache
    known.line.writer.write(known.request)
    await until(lambda: bool(slow_database))
    known.line.writer.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
    await until(lambda: bool(_connection(known)._held))
    slow_database.pop()(stands)
    assert (await known.line.said()).startswith(b"HTTP/1.1 200 OK")
    assert (await known.line.said()).startswith(b"HTTP/1.1 404")
    assert known.from_cache == before + stands
    known.line.writer.write(known.request)
    await until(lambda: bool(slow_database))
    slow_database.pop()(True)  # noqa: FBT003 - it takes nothing else
    assert (await known.line.said()).startswith(b"HTTP/1.1 200 OK")


async def test_a_server_that_ends_still_answers_who_has_asked(
    known: Known, slow_database: list[Callable[[bool], None]]
) -> None:
    known.line.writer.write(known.request)
    await until(lambda: bool(slow_database))
    connection = _connection(known)
    ending = asyncio.create_task(known.office.client.server.close())
    await until(lambda: connection._replied is not None)
    slow_database.pop()(True)  # noqa: FBT003 - it takes nothing else
    assert (await known.line.said()).startswith(b"HTTP/1.1 200 OK")
    await ending
    assert await known.line.reader.read() == b""


async def test_a_phone_that_has_gone_is_not_answered(known: Known, slow_database: list[Callable[[bool], None]]) -> None:
    known.line.writer.write(known.request)
    await until(lambda: bool(slow_database))
    connection = _connection(known)
    known.line.writer.close()
    await until(lambda: connection.transport is None)
    slow_database.pop()(True)  # noqa: FBT003 - it takes nothing else
    slow_database.clear()


async def test_a_phone_that_does_not_read_is_not_written_to_without_end(known: Known) -> None:
    size, asked = len(await known.line.ask(known.request)), 0
    server = _connection(known)
    while not server.writing_paused:
        known.line.writer.write(known.request)
        await asyncio.sleep(0.001)
        asked += 1
    more = 20
    for _ in range(more):
        known.line.writer.write(known.request)
    for _ in range(asked + more):
        assert len(await known.line.said()) == size


async def test_where_certificates_count_bytes_do_not(make_office: MakeOffice) -> None:
    trust = VendorTrust({})
    trust.authorities["yealink"] = []
    office: Office = await make_office(trust=trust)
    device, _ = await office.phone(MAC, "yealink")
    await learn(office, fetch(device))
    assert office.from_cache == 0


async def test_the_log_tells_the_same_of_it(json_log: io.BytesIO, known: Known) -> None:
    told = []
    for request in (fetch(known.device, "X-New: 1"), known.request):
        before = known.from_cache
        await known.line.ask(request)
        await asyncio.sleep(0)
        line = orjson.loads(json_log.getvalue().splitlines()[-1])
        told.append((known.from_cache - before, {**line, "milliseconds": 0, "request_id": "", "timestamp": ""}))
        assert line["timestamp"].endswith("Z")
        assert line["request_id"].startswith("req_")
    assert [hits for hits, _ in told] == [0, 1]
    assert told[0][1] == told[1][1]


@asynccontextmanager
async def phones_only(keepalive_timeout: float) -> AsyncIterator[tuple[PhoneRunner, Line]]:
    """A connection on which whatever is said is answered without aiohttp."""

    def answer(said: bytes, connection: Connection) -> bool:
        connection.replied(said, ((b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",), True))
        return True

    runner = PhoneRunner(web.Application(), answer, access_log=None, keepalive_timeout=keepalive_timeout)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    line = Line(*await asyncio.open_connection("127.0.0.1", runner.addresses[0][1]))
    try:
        yield runner, line
    finally:
        line.writer.close()
        await runner.cleanup()


@pytest.mark.parametrize("asked", [b"", b"GET / HTTP/1.1\r\n\r\n"])
async def test_who_is_silent_is_let_go_without_aiohttp_too(asked: bytes) -> None:
    """Else whoever connects, and says nothing or nothing more, would hold a place for good."""
    async with phones_only(0.2) as (_, line), asyncio.timeout(60):
        line.writer.write(asked)
        await line.reader.read()


async def test_a_server_that_ends_lets_go_of_those_whom_aiohttp_does_not_know() -> None:
    async with phones_only(3600) as (runner, line), asyncio.timeout(60):
        await line.ask(b"GET / HTTP/1.1\r\n\r\n")
        await runner.cleanup()
        assert await line.reader.read() == b""

"""Files that nobody gets, near half of all that a boot asks for, and those for everybody: at once while it is right."""

import asyncio
import io
import re
from typing import Any

import orjson
import pytest

from provserver.store.devices import delete_device
from tests.phones.conftest import YEALINK_AGENT, MakeOffice, Office
from tests.phones.test_connection import MAC, dial, learn

AGENT = YEALINK_AGENT.format(mac=MAC)
_DATE = re.compile(rb"Date: [^\r]+")


def _asking(path: str, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: {AGENT}\r\n\r\n".encode()


async def _ask(office: Office, request: bytes) -> tuple[bytes, int]:
    """The answer but for its date, and how many were answered at once meanwhile."""
    before = office.from_cache
    line = await dial(office)
    answer = _DATE.sub(b"", await line.ask(request))
    line.writer.close()
    await asyncio.sleep(0)  # the log is written at the end of the loop's turn
    return answer, office.from_cache - before


def _told(log: io.BytesIO) -> dict[str, Any]:
    """The last line but for what differs each time."""
    line = orjson.loads(log.getvalue().splitlines()[-1])
    return {**line, "milliseconds": 0, "request_id": "", "timestamp": ""}


_KINDS = {"own": f"{MAC}-local.cfg", "everybody's": "y000000000000.boot", "for everybody": "y000000000066.cfg"}


@pytest.mark.parametrize("file", _KINDS.values(), ids=_KINDS)
async def test_what_hangs_on_no_file_of_the_device_is_answered_alike_at_once(
    make_office: MakeOffice, json_log: io.BytesIO, file: str
) -> None:
    office: Office = await make_office()
    device, _ = await office.phone(MAC, "yealink")
    request = _asking(f"/p/{device.token}/{file}")
    first, from_cache = await _ask(office, request)
    line = _told(json_log)
    assert first.startswith(b"HTTP/1.1 200" if file == _KINDS["for everybody"] else b"HTTP/1.1 404")
    assert from_cache == 0
    await learn(office, request)
    assert await _ask(office, request) == (first, 1)
    assert _told(json_log) == line


async def test_a_device_that_is_gone_is_unknown_in_the_very_next_request(
    make_office: MakeOffice, json_log: io.BytesIO
) -> None:
    """The answer is the same; but what is known of the phone, and told of it, must be what is true."""
    office: Office = await make_office()
    device, _ = await office.phone(MAC, "yealink")
    request = _asking(f"/p/{device.token}/{MAC}-local.cfg")
    first = _DATE.sub(b"", await learn(office, request))
    assert await _ask(office, request) == (first, 1)
    async with office.database.write() as conn:
        await delete_device(conn, device.account_id, device.id, at=office.clock())
    for _ in range(2):
        assert await _ask(office, request) == (first, 0)
        assert _told(json_log)["reason"] == "unknown MAC"


async def test_what_proves_nothing_is_looked_into_each_time(make_office: MakeOffice) -> None:
    """A refusal for want of a proof is counted against whoever guesses, and takes its time."""
    office: Office = await make_office()
    await office.phone(MAC, "yealink")
    for path in (
        f"/p/{'x' * 24}/{MAC}-local.cfg",
        f"/p/{'x' * 24}/{MAC}.cfg",
        "/p/x/what.is.this",
        f"/d/{MAC}-local.cfg",
    ):
        request = _asking(path)
        await learn(office, request)
        assert (await _ask(office, request))[1] == 0, path


async def test_a_head_is_not_answered_with_the_body_of_a_get(make_office: MakeOffice) -> None:
    office: Office = await make_office()
    line = await dial(office)
    for _ in range(3):
        line.writer.write(_asking("/y000000000000.boot", "HEAD"))
        head = await line.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 404")
    line.writer.write(_asking("/y000000000000.boot"))
    assert (await line.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 404")
    line.writer.close()


async def test_strangers_push_no_phone_out(make_office: MakeOffice) -> None:
    """Whoever asks for what nobody gets, in ever other words, must not make it dear to serve those who are known."""
    office: Office = await make_office(request_bytes=30_000)
    device, _ = await office.phone(MAC, "yealink")
    known = _asking(f"/p/{device.token}/{MAC}.cfg")
    await learn(office, known)
    line = await dial(office)
    for number in range(20):
        assert (await line.ask(_asking(f"/{number}/y000000000000.boot"))).startswith(b"HTTP/1.1 404")
        assert (await line.ask(_asking(f"/y000000000000.boot?{number}"))).startswith(b"HTTP/1.1 404")
    line.writer.close()
    assert (await _ask(office, known))[1] == 1

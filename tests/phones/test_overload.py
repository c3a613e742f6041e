"""Who finds no room is told so before his request is looked into: in HTTP that is right, and nobody else's answer."""

import asyncio
import io

import orjson
import pytest

from tests.phones.conftest import YEALINK_AGENT, MakeOffice, Office
from tests.phones.test_connection import MAC, Line, dial, learn

AGENT = YEALINK_AGENT.format(mac=MAC)


def _asking(path: str, *headers: str, method: str = "GET") -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "Host: x", f"User-Agent: {AGENT}", *headers, "", "")
    return "\r\n".join(lines).encode()


def _fill(office: Office) -> None:
    office.face.admission._limit = 0


async def _seen(line: Line, request: bytes) -> tuple[bytes, bool]:
    """The status, and whether it was aiohttp that answered."""
    answer = await line.ask(request)
    return answer[9:12], b"\r\nDate:" in answer


async def test_it_is_told_and_counted_and_the_connection_goes_on(make_office: MakeOffice, json_log: io.BytesIO) -> None:
    """A phone that tries again on its connection must not pay for a new handshake, nor wait for half a minute."""
    office: Office = await make_office()
    device, _ = await office.phone(MAC, "yealink")
    line, request = await dial(office), _asking(f"/p/{device.token}/{MAC}.cfg")
    limit = office.face.admission._limit
    _fill(office)
    answer = await line.ask(request)
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: ")
    assert answer.endswith(b"\r\n\r\nService unavailable\n")
    await asyncio.sleep(0)
    told = orjson.loads(json_log.getvalue().splitlines()[-1])
    assert (told["event"], told["status"], told["source"]) == ("phone_request", 503, "127.0.0.1")
    assert told["request_id"].startswith("req_")
    assert told["level"] == "error"
    assert office.face.metrics._requests.labels("unknown", 503)._value.get() == 1
    office.face.admission._limit = limit
    assert await _seen(line, request) == (b"200", True)
    line.writer.close()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (_asking(f"/{MAC}.cfg"), (b"503", False)),
        (_asking(f"/{MAC}.cfg", "Connection: close"), (b"503", True)),
        (_asking(f"/{MAC}.cfg", "content-length: 2") + b"ab", (b"503", True)),
        (_asking(f"/{MAC}.cfg", "Transfer-Encoding: chunked") + b"0\r\n\r\n", (b"503", True)),
        (_asking(f"/{MAC}.cfg", method="POST"), (b"405", True)),
        (_asking("/files/firmware.rom"), (b"503", True)),
    ],
    ids=["plain", "last", "with a body", "in chunks", "method", "uploaded file"],
)
async def test_only_what_is_surely_one_whole_request_for_a_configuration_is(
    make_office: MakeOffice, request_: bytes, status: tuple[bytes, bool]
) -> None:
    """Else the rest of it would be taken for the next request, or somebody be told to come back for what is there."""
    office: Office = await make_office()
    _fill(office)
    line = await dial(office)
    assert await _seen(line, request_) == status
    line.writer.close()


async def test_phones_that_are_known_are_served_all_the_same(make_office: MakeOffice) -> None:
    """To answer them costs no more than to turn them away."""
    office: Office = await make_office()
    device, _ = await office.phone(MAC, "yealink")
    request = _asking(f"/p/{device.token}/{MAC}.cfg")
    await learn(office, request)
    _fill(office)
    line = await dial(office)
    assert (await _seen(line, request))[0] == b"200"
    line.writer.close()

"""What is refused is the same to the last byte on the wire, whichever way it is asked for."""

import asyncio
import re

import pytest

from tests.phones.conftest import SNOM_AGENT, MakeOffice, Office

MAC, OTHER, NOBODY = "000413aabbcc", "000413aabbdd", "000413aabbee"
_CHANGING = re.compile(rb'Date: [^\r]+|nonce="[^"]+"')
_AGENT = SNOM_AGENT.format(mac=MAC.upper())


def _file(mac: str) -> str:
    return f"snomD785-{mac.upper()}.htm"


REFUSED = [
    _file(MAC),
    _file(NOBODY),
    f"{_file(MAC)}?mac={OTHER}",
    f"{_file(MAC)}?mac={MAC}&mac={OTHER}",
    f"{MAC}.cfg",
    f"{NOBODY}.cfg",
    "index.php",
    "%2e%2e/secret.key",
    "a" * 3000,
]


async def _said(office: Office, request: str) -> bytes:
    """The whole answer, and whether the connection was ended or left open after it: for another request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", office.client.port)
    writer.write(request.encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", answer)
    if length and not request.startswith("HEAD"):
        answer += await reader.readexactly(int(length[1]))
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer += b"[open]" if b"HTTP/1." in await reader.read() else b"[ended]"
    except ConnectionError:
        answer += b"[ended]"
    writer.close()
    return _CHANGING.sub(b"", answer)


@pytest.mark.parametrize("folder", ["", "p/" + "a" * 32 + "/", "d/"])
@pytest.mark.parametrize("form", ["GET {} HTTP/1.1", "HEAD {} HTTP/1.1", "GET {} HTTP/1.0", "GET http://x{} HTTP/1.1"])
async def test_nothing_on_the_wire_tells_refusals_apart(make_office: MakeOffice, folder: str, form: str) -> None:
    office: Office = await make_office(auth=("token", "digest"))
    await office.phone(MAC, "snom")
    await office.phone(OTHER, "snom")
    requests = [
        f"{form.format(f'/{folder}{path}')}\r\nHost: x\r\n{agent}\r\n"
        for path in REFUSED
        for agent in ("", f"User-Agent: {_AGENT}\r\n", "If-None-Match: *\r\nRange: bytes=0-1\r\n")
    ]
    answers = set(await asyncio.gather(*(_said(office, request) for request in requests)))
    assert len(answers) == 1, answers
    assert re.match(rb"HTTP/1\.[01] 40[14] ", answers.pop())


@pytest.mark.parametrize("line", ["OPTIONS * HTTP/1.1", "TRACE / HTTP/1.1", "PUT /d/x HTTP/1.1"])
@pytest.mark.parametrize("expect", ["", "Expect: nothing\r\n"])
async def test_no_other_way_of_asking_names_the_software(office: Office, line: str, expect: str) -> None:
    answer = await _said(office, f"{line}\r\nHost: x\r\n{expect}\r\n")
    assert re.match(rb"HTTP/1\.[01] 4\d\d ", answer)
    assert b"Server: provserver\r\n" in answer
    assert not re.search(rb"aiohttp|python", answer, re.IGNORECASE)

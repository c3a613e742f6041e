"""What a simulated phone hears is what was said, however it came over the wire: else a rehearsal would tell lies."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from provserver.simulation.line import Answer, Broken, Dialling
from tests.pki import Authority

_HEAD = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def _saying(*answers: Sequence[bytes], tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that says one answer after the other, each piece by itself, and hangs up after the last."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for pieces in answers:
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _asked(url: str, *, verify: bool = True) -> Answer:
    line = await Dialling.with_care(verify=verify).dial(url)
    try:
        async with asyncio.timeout(60):
            return await line.ask("/a.cfg", "host", "Acme A1")
    finally:
        line.hang_up()


@pytest.mark.parametrize(
    "pieces",
    [
        (_HEAD + b"Content-Length: 5\r\n\r\nhello",),
        (_HEAD[:9], _HEAD[9:] + b"content-length:5\r\n\r", b"\nhel", b"lo"),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", b"3;a=b\r\nll", b"o\r\n0\r\n", b"\r\n"),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n",),
        (_HEAD + b"\r\nhel", b"lo"),
    ],
    ids=["length", "in pieces", "chunks", "trailer", "until the end"],
)
async def test_an_answer_is_whole(pieces: tuple[bytes, ...]) -> None:
    async with _saying(pieces) as url:
        assert await _asked(url) == Answer(200, b"hello", None)


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"SSH-2.0-OpenSSH\r\n\r\n",),
        (_HEAD + b"Content-Length: 6\r\n\r\nhello",),
        (_HEAD + b"Content-Length: " + 5000 * b"9" + b"\r\n\r\nhello",),
        (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",),
    ],
    ids=["nothing", "no HTTP", "too little", "no length", "half a chunk"],
)
async def test_half_an_answer_is_none(pieces: tuple[bytes, ...]) -> None:
    async with _saying(pieces) as url:
        with pytest.raises(Broken):
            await _asked(url)


async def test_questions_follow_each_other_on_one_line_and_304_has_no_body() -> None:
    whole = _HEAD + b"Content-Length: 1\r\n\r\n"
    async with _saying((whole + b"a",), (b"HTTP/1.1 304 Not Modified\r\n\r\n",), (whole, b"b")) as url:
        line = await Dialling.with_care(verify=True).dial(url)
        answers = [await line.ask("/", "host", "Acme A1") for _ in range(3)]
        assert [(one.status, one.body) for one in answers] == [(200, b"a"), (304, b""), (200, b"b")]
        line.hang_up()


async def test_a_certificate_counts_unless_it_is_told_not_to(tmp_path: Path) -> None:
    """An operator who rehearses with his certificate must learn that phones would not take it."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*Authority("Somebody").issue(dns="localhost").write(tmp_path, "server"))
    async with _saying((_HEAD + b"Content-Length: 5\r\n\r\n", b"hello"), tls=tls) as url:
        with pytest.raises(ssl.SSLCertVerificationError):
            await _asked(url)
        assert await _asked(url, verify=False) == Answer(200, b"hello", None)


async def test_a_greeting_that_is_no_tls_is_no_connection() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, asyncio.timeout(60):
        with pytest.raises(Broken, match="wrong version number"):
            await _asked(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", verify=False)

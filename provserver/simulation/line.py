"""A minimal HTTP/1.1 client for simulated phones, one request at a time.

Load is usually generated on the machine under test or one of the same size, so the cost of the client limits the load.
A full-featured client costs several times as much as the responses.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from OpenSSL import SSL

from provserver.listening.session import Session
from provserver.listening.tls import TlsConnection

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[^\r]*close", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation:[ \t]*([^\r]+)", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d)[ \r]")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]*\r\n")
_BODILESS = (204, 304)


class Broken(OSError):
    """The peer closed the connection, or did not speak HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. `location`: redirect target, if any."""

    status: int
    body: bytes
    location: str | None


class Line(asyncio.Protocol):
    """A connection, from `dial` until it is closed."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._heard = bytearray()
        self._answer: asyncio.Future[Answer] | None = None
        self.is_open = False

    async def ask(self, target: str, host: str, agent: str) -> Answer:
        """Send a GET and return the response.

        Raises `Broken`; then, and after cancellation, the connection is unusable.
        """
        if not self.is_open:
            raise Broken
        self._answer = asyncio.get_running_loop().create_future()
        asked = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nUser-Agent: {agent}\r\n\r\n"
        self._transport.write(asked.encode())
        try:
            return await self._answer
        finally:
            if not self._answer.done() or self._answer.cancelled():
                self.hang_up()

    def hang_up(self) -> None:
        """Close it."""
        self.is_open = False
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102 - asyncio's interface
        self._transport = transport
        self.is_open = True

    def data_received(self, data: bytes) -> None:  # noqa: D102
        self._heard += data
        self._look(ended=False)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self.is_open = False
        self._look(ended=True)
        self._transport = None

    def _look(self, *, ended: bool) -> None:
        """Check whether the response is complete."""
        if self._answer is None or self._answer.done():
            return
        try:
            answer = self._whole(bytes(self._heard), ended=ended)
        except Broken as broken:
            self._answer.set_exception(broken)
            self.hang_up()
            return
        if answer:
            self._heard.clear()
            self._answer.set_result(answer)

    def _whole(self, heard: bytes, *, ended: bool) -> Answer | None:
        """The response once complete, else None. Raises `Broken` if it cannot become complete."""
        head, rest, body = heard.partition(b"\r\n\r\n")
        if rest:
            status = _STATUS.match(head)
            if status is None:
                raise Broken
            found = _body_of(int(status[1]), head, body, ended=ended)
            if found is not None:
                if _CLOSES.search(head) or ended:
                    self.hang_up()
                location = _LOCATION.search(head)
                return Answer(int(status[1]), found, location[1].decode("latin-1").strip() if location else None)
        if ended:
            raise Broken
        return None


def _body_of(status: int, head: bytes, body: bytes, *, ended: bool) -> bytes | None:
    """The body, or None while incomplete."""
    if status in _BODILESS:
        return b""
    if _CHUNKED.search(head):
        return _unchunked(body)
    length = _LENGTH.search(head)
    if length is None:
        return body if ended else None
    return body if len(body) >= int(length[1]) else None


def _unchunked(body: bytes) -> bytes | None:
    parts: list[bytes] = []
    at = 0
    while chunk := _CHUNK.match(body, at):
        size, start = int(chunk[1], 16), chunk.end()
        if size == 0:
            return b"".join(parts) if body.endswith(b"\r\n\r\n", start - 2) else None
        parts.append(body[start : start + size])
        at = start + size + 2
    return None


@dataclass(frozen=True, slots=True)
class Dialling:
    """How connections are opened.

    With verification, the standard library's TLS is used. Without it, the server's own TLS code, which costs a third,
    with the one curve that all phones support.
    """

    verified: ssl.SSLContext | None
    unverified: SSL.Context

    @classmethod
    def with_care(cls, *, verify: bool) -> "Dialling":
        """`verify`: whether certificates are verified."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_tmp_ecdh(SECP256R1())
        return cls(ssl.create_default_context() if verify else None, context)

    async def dial(self, url: str) -> Line:
        """Connect to the server of `url`. Raises `OSError`."""
        place, loop, line = urlsplit(url), asyncio.get_running_loop(), Line()
        host, port = place.hostname or "", place.port or (443 if place.scheme == "https" else 80)
        if place.scheme != "https" or self.verified:
            tls = self.verified if place.scheme == "https" else None
            await loop.create_connection(lambda: line, host, port, ssl=tls)
            return line
        greeted: asyncio.Future[str | None] = loop.create_future()
        _, call = await loop.create_connection(lambda: _TlsCall(self.unverified, host, line, greeted), host, port)
        try:
            failure = await greeted
        except asyncio.CancelledError:
            call.abort()
            raise
        if failure:
            raise Broken(failure)
        return line


class _TlsCall(TlsConnection):
    """The client side of TLS, which speaks first."""

    def __init__(self, context: SSL.Context, host: str, line: Line, greeted: "asyncio.Future[str | None]") -> None:
        super().__init__(Session(context), lambda: line, self._greet)
        self._tls.set_connect_state()
        if not _is_address(host):
            self._tls.set_tlsext_host_name(host.encode())
        self._greeted = greeted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._greet("the connection ended")

    def _greet(self, failure: str | None) -> None:
        if not self._greeted.done():
            self._greeted.set_result(failure)


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()

"""TLS with pyOpenSSL, between a socket's transport and HTTP.

Phones present their factory certificate even if its CA is not configured here, and the standard library would abort
such connections. Here any certificate is accepted as proof of its key; whether its CA is trusted is decided per
request, when the phone's vendor is known.

The OpenSSL bundled with `cryptography` also needs considerably less CPU for handshakes than the older versions that
most systems, and thus the standard library, have.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from provserver.listening.session import Session


class ServerTls:
    """The TLS context for new connections. Open connections keep theirs."""

    def __init__(self, context: SSL.Context) -> None:
        self.context = context


class TlsConnection(asyncio.Protocol, asyncio.Transport):
    """One TLS connection: a protocol for the socket's transport, and a transport for HTTP.

    `http` creates the HTTP protocol after the handshake. `ended` is called with None on success, else with the reason.
    """

    __slots__ = ("_closing", "_ended", "_gathers", "_http", "_make_http", "_tls", "_transport")

    def __init__(self, tls: Session, http: Callable[[], asyncio.Protocol], ended: Callable[[str | None], None]) -> None:
        self._tls = tls
        self._make_http = http
        self._http: asyncio.Protocol | None = None
        self._ended = ended
        self._closing = False
        self._gathers = False  # collects output until all input of this iteration is processed
        self._transport: Any = None

    # Called by the socket's transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102 - asyncio's interface
        self._transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: D102
        if not self._closing:
            self._tls.take(data)
            self._go_on()

    def eof_received(self) -> None:  # noqa: D102
        if self._http is not None:
            self._http.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._closing = True
        if self._http is not None:
            self._http.connection_lost(exc)
            self._http = None  # break the reference cycle: OpenSSL's data is large

    def pause_writing(self) -> None:  # noqa: D102
        if self._http is not None:
            self._http.pause_writing()

    def resume_writing(self) -> None:  # noqa: D102
        if self._http is not None:
            self._http.resume_writing()

    def _go_on(self) -> None:
        """Process what has been received."""
        if not self._gathers:
            self._gathers = True
            asyncio.get_running_loop().call_soon(self._send)
        try:
            if self._http is not None or self._shake_hands():
                self._hear()
        except SSL.Error:
            self._closing = True

    def _shake_hands(self) -> bool:
        """Continue the handshake; returns whether it is complete."""
        try:
            if not self._tls.shake_hands():
                return False
        except SSL.Error as error:
            self._ended(_reason(error))
            raise
        self._ended(None)
        self._http = self._make_http()
        self._http.connection_made(self)
        return True

    def _hear(self) -> None:
        while self._http is not None and not self._closing:
            try:
                data = self._tls.said()
            except SSL.ZeroReturnError:
                self._http.eof_received()
                self.close()
                return
            if data is None:
                return
            self._http.data_received(data)

    def _send(self) -> None:
        """Send the output of one iteration in one piece."""
        self._gathers = False
        self._flush()
        if self._closing:
            self._transport.close()

    def _flush(self) -> None:
        if self._gathers or (self._closing and self._transport.is_closing()):
            return
        if data := self._tls.to_send():
            self._transport.write(data)

    # Called by HTTP

    def write(self, data: Any) -> None:  # noqa: D102
        if self._closing:
            return
        try:
            self._tls.say(data)
        except SSL.Error:
            self.abort()
        else:
            self._flush()

    def writelines(self, list_of_data: Iterable[Any]) -> None:  # noqa: D102
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        """Send close_notify and close, without waiting for the peer's."""
        if self._closing:
            return
        self._closing = True
        with suppress(SSL.Error):
            self._tls.shutdown()
        if not self._gathers:
            self._flush()
            self._transport.close()

    def abort(self) -> None:  # noqa: D102
        self._closing = True
        self._transport.abort()

    def is_closing(self) -> bool:  # noqa: D102
        return self._closing or self._transport.is_closing()

    def pause_reading(self) -> None:  # noqa: D102
        self._transport.pause_reading()

    def resume_reading(self) -> None:  # noqa: D102
        self._transport.resume_reading()

    def can_write_eof(self) -> bool:  # noqa: D102
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`sslcontext` makes aiohttp recognise TLS; `client_chain` returns the client's certificates."""
        if name == "sslcontext":
            return self._tls.get_context()
        if name == "client_chain":
            return self._client_chain()
        return self._transport.get_extra_info(name, default)

    def _client_chain(self) -> tuple[bytes, ...]:
        """The client's certificates in DER, its own first. Only for that one it has proven to have the key."""
        certificate = self._tls.get_peer_certificate(as_cryptography=True)
        if certificate is None:
            return ()
        sent = self._tls.get_peer_cert_chain(as_cryptography=True) or []
        chain = [certificate, *(other for other in sent if other != certificate)]
        return tuple(one.public_bytes(Encoding.DER) for one in chain)


def _reason(error: SSL.Error) -> str:
    """The last part of OpenSSL's error message, such as `no shared cipher`."""
    details = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return str(details[-1][2]) if details else str(error) or "the connection ended"

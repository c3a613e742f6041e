"""TLS by pyOpenSSL, between a socket's transport and HTTP.

A phone shows its factory certificate whether its vendor's CA is configured here or not, and the standard library ends
the connection of one that does not verify. Here every certificate is taken, as a proof that its key is there; what it
is worth is decided per request, when it is known whose phone is asked for.

It has the OpenSSL that comes with the library `cryptography`, too, whose handshake takes a good part less of the
processor than that of the one before it, which systems and so the standard library still have.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

_CHUNK = 64 * 1024
_RECORD = 16 * 1024  # what comes out at one time has no more


class ServerTls:
    """A server's side of TLS: the context for connections from now on. Those that are open keep their own."""

    def __init__(self, context: SSL.Context) -> None:
        self.context = context


class TlsConnection(asyncio.Protocol, asyncio.Transport):
    """One connection: to the socket's transport a protocol, to HTTP its transport.

    `http` makes HTTP's protocol once the handshake is through. `ended` is told that it is, or why it is not.
    """

    def __init__(
        self, context: SSL.Context, http: Callable[[], asyncio.Protocol], ended: Callable[[str | None], None]
    ) -> None:
        super().__init__()
        self._context = context
        self._tls = SSL.Connection(context)
        self._tls.set_accept_state()
        self._make_http = http
        self._http: asyncio.Protocol | None = None
        self._ended = ended
        self._closing = False
        self._transport: Any = None

    # What the socket's transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102 - as asyncio has it
        self._transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: D102
        if self._closing:
            return
        self._tls.bio_write(data)
        if self._http is None:
            self._shake_hands()
        if self._http is not None:
            self._read(self._http)

    def eof_received(self) -> None:  # noqa: D102
        if self._http is not None:
            self._http.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._closing = True
        if self._http is not None:
            self._http.connection_lost(exc)
            self._http = None  # no circle stays: what OpenSSL has for a connection is much

    def pause_writing(self) -> None:  # noqa: D102
        if self._http is not None:
            self._http.pause_writing()

    def resume_writing(self) -> None:  # noqa: D102
        if self._http is not None:
            self._http.resume_writing()

    def _shake_hands(self) -> None:
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            self._flush()
            return
        except SSL.Error as error:
            self._flush()  # the alert
            self._closing = True
            self._transport.close()
            self._ended(_reason(error))
            return
        if self._tls.get_protocol_version() != SSL.TLS1_3_VERSION:
            self._flush()  # what is still to be said in TLS 1.3, nobody waits for: it goes out with the answer
        self._ended(None)
        self._http = self._make_http()
        self._http.connection_made(self)

    def _read(self, http: asyncio.Protocol) -> None:
        while not self._closing:
            try:
                data = self._tls.recv(_RECORD)
            except SSL.WantReadError:
                return
            except SSL.ZeroReturnError:
                http.eof_received()
                self.close()
            except SSL.Error:
                self._flush()
                self._closing = True
                self._transport.close()
            else:
                http.data_received(data)

    def _flush(self) -> None:
        with suppress(SSL.WantReadError):
            data = self._tls.bio_read(_CHUNK)
            self._transport.write(data)
            while len(data) == _CHUNK:
                data = self._tls.bio_read(_CHUNK)
                self._transport.write(data)

    # What HTTP calls

    def write(self, data: Any) -> None:  # noqa: D102
        if self._closing:
            return
        try:
            self._tls.sendall(data)
        except SSL.Error:
            self.abort()
        else:
            self._flush()

    def writelines(self, list_of_data: Iterable[Any]) -> None:  # noqa: D102
        self.write(b"".join(list_of_data))

    def close(self) -> None:
        """Say goodbye, and do not wait for that of the other end."""
        if self._closing:
            return
        self._closing = True
        with suppress(SSL.Error):
            self._tls.shutdown()
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
        """`sslcontext` tells aiohttp that this is TLS; `client_chain` calls for what the client has shown."""
        if name == "sslcontext":
            return self._context
        if name == "client_chain":
            return self._client_chain()
        return self._transport.get_extra_info(name, default)

    def _client_chain(self) -> tuple[bytes, ...]:
        """The certificates that the client has sent, its own first, in DER. Only the first one's key is proven."""
        certificate = self._tls.get_peer_certificate(as_cryptography=True)
        if certificate is None:
            return ()
        sent = self._tls.get_peer_cert_chain(as_cryptography=True) or []
        chain = [certificate, *(other for other in sent if other != certificate)]
        return tuple(one.public_bytes(Encoding.DER) for one in chain)


def _reason(error: SSL.Error) -> str:
    """The last words of the library's error, as `no shared cipher`."""
    details = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return str(details[-1][2]) if details else str(error) or "the connection ended"

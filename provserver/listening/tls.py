"""TLS for asyncio by pyOpenSSL, for what the standard library's cannot do.

A phone shows its factory certificate whether its vendor's CA is configured here or not, and the standard library ends
the connection of one that does not verify. Here every certificate is taken, as a proof that its key is there; what it
is worth is decided per request, when it is known whose phone is asked for.

asyncio asks an `ssl.SSLContext` for objects that read and write two memory BIOs. `ServerTls` hands out its own; those
made before a reload keep what they began with.
"""

import ssl
from collections.abc import Callable
from typing import Any, TypeVar

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

_CHUNK = 64 * 1024
_T = TypeVar("_T")


class ServerTls(ssl.SSLContext):
    """A server's side of TLS. `serve` takes the pyOpenSSL context for connections from now on."""

    _context: SSL.Context

    def __new__(cls, context: SSL.Context) -> "ServerTls":  # noqa: D102 - the class of it takes a protocol
        made = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        made._context = context
        return made

    def serve(self, context: SSL.Context) -> None:
        """Take another context; connections that are open do not notice."""
        self._context = context

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, *_: Any, **__: Any) -> Any:
        """What asyncio calls for each connection."""
        return TlsObject(self._context, incoming, outgoing)


class TlsObject:
    """One connection, with the methods of `ssl.SSLObject` that asyncio uses."""

    def __init__(self, context: SSL.Context, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._connection = SSL.Connection(context, None)
        self._connection.set_accept_state()

    def do_handshake(self) -> None:
        """As far as what has come in allows."""
        self._run(self._connection.do_handshake)

    def read(self, size: int, buffer: Any = None) -> bytes | int:
        """Up to `size` bytes, or how many were put into `buffer`; nothing at the end."""
        try:
            data = self._run(lambda: self._connection.recv(size))
        except SSL.ZeroReturnError:
            data = b""
        if buffer is None:
            return data
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        """How many bytes were taken."""
        return self._run(lambda: self._connection.send(bytes(data)))

    def unwrap(self) -> None:
        """Say goodbye and wait for that of the other end."""
        if not self._run(self._connection.shutdown):
            self._run(self._connection.shutdown)

    def getpeercert(self, binary_form: bool = False) -> Any:
        """Nothing verified: see `peer_chain`."""
        return None if binary_form else {}

    def cipher(self) -> tuple[str | None, str, int | None]:
        """The cipher in use, as `ssl` tells it."""
        connection = self._connection
        return connection.get_cipher_name(), connection.get_protocol_version_name(), connection.get_cipher_bits()

    def compression(self) -> None:
        """There is none."""

    def peer_chain(self) -> tuple[bytes, ...]:
        """The certificates that the client has sent, its own first, in DER. Only the first one's key is proven."""
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None:
            return ()
        sent = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        chain = [certificate, *(other for other in sent if other != certificate)]
        return tuple(one.public_bytes(Encoding.DER) for one in chain)

    def _run(self, step: Callable[[], _T]) -> _T:
        """One step of the library between the two BIOs, with its failures as `ssl` names them."""
        if self._incoming.pending:
            self._connection.bio_write(self._incoming.read())
        try:
            return step()
        except SSL.WantReadError:
            raise ssl.SSLWantReadError from None
        except SSL.ZeroReturnError:
            raise
        except SSL.Error as error:
            raise ssl.SSLError(ssl.SSL_ERROR_SSL, _reason(error)) from None
        finally:
            self._flush()

    def _flush(self) -> None:
        while True:
            try:
                self._outgoing.write(self._connection.bio_read(_CHUNK))
            except SSL.WantReadError:
                return


def _reason(error: SSL.Error) -> str:
    """The last words of the library's error, as `no shared cipher`."""
    details = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return str(details[-1][2]) if details else str(error) or "the connection ended"

"""The OpenSSL session of one connection, with direct calls for the frequent operations.

pyOpenSSL creates connections and contexts. Reads, writes and handshake steps bypass its checks and exceptions, which
cost as much as a whole plain request. Buffers are shared, as everything runs on one event loop.
"""

from typing import Any, Self

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL

_lib, _ffi = Binding().lib, Binding().ffi

_RECORD = 16 * 1024  # maximum size of a TLS record
_MOST = 64 * 1024
_said = _ffi.new("char[]", _RECORD)
_to_send = _ffi.new("char[]", _MOST)


class Session(SSL.Connection):
    """One side of a TLS session over memory BIOs. All methods raise `SSL.Error`."""

    @classmethod
    def answering(cls, context: SSL.Context) -> Self:
        """A server-side session."""
        session = cls(context)
        session.set_accept_state()
        return session

    def take(self, data: bytes) -> None:
        """Feed in received ciphertext."""
        _lib.BIO_write(self._into_ssl, data, len(data))

    def shake_hands(self) -> bool:
        """Continue the handshake; returns whether it is complete."""
        result = _lib.SSL_do_handshake(self._ssl)
        return result == 1 or not self._lacks(result)

    def said(self) -> bytes | None:
        """The next plaintext received, or None if more data is needed. Raises `SSL.ZeroReturnError` at the end."""
        result = _lib.SSL_read(self._ssl, _said, _RECORD)
        if result <= 0 and self._lacks(result):
            return None
        heard: bytes = _ffi.buffer(_said, result)[:]
        return heard

    def say(self, data: Any) -> None:
        """Encrypt data to be sent."""
        with _ffi.from_buffer(data) as plain:
            done, size = 0, len(plain)
            while done < size:
                written = _lib.SSL_write(self._ssl, plain + done, size - done)  # one record
                if written <= 0:
                    self._raise_ssl_error(self._ssl, written)
                done += written

    def to_send(self) -> bytes:
        """The ciphertext to send now."""
        parts: list[bytes] = []
        while (size := _lib.BIO_read(self._from_ssl, _to_send, _MOST)) > 0:
            parts.append(_ffi.buffer(_to_send, size)[:])
            if size < _MOST:
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _lacks(self, result: int) -> bool:
        """Whether more ciphertext must be received first; raises on any other error."""
        if _lib.SSL_get_error(self._ssl, result) == _lib.SSL_ERROR_WANT_READ:
            return True
        self._raise_ssl_error(self._ssl, result)
        return False

"""What OpenSSL has for one connection, by the few calls that every connection needs.

pyOpenSSL makes the connection and the contexts. What is called for each piece of a conversation is called here without
its checks and its exceptions for what is no failure: they cost as much as a whole plain request. Buffers are shared,
since all of it happens on one event loop.
"""

from typing import Any, Self

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL

_lib, _ffi = Binding().lib, Binding().ffi

_RECORD = 16 * 1024  # what is said at one time has no more
_MOST = 64 * 1024
_said = _ffi.new("char[]", _RECORD)
_to_send = _ffi.new("char[]", _MOST)


class Session(SSL.Connection):
    """One side of it, between what comes over the wire and what is said. All raise `SSL.Error`."""

    @classmethod
    def answering(cls, context: SSL.Context) -> Self:
        """The server's side."""
        session = cls(context)
        session.set_accept_state()
        return session

    def take(self, data: bytes) -> None:
        """Take what has come over the wire."""
        _lib.BIO_write(self._into_ssl, data, len(data))

    def shake_hands(self) -> bool:
        """Go on with the handshake; whether it is through."""
        result = _lib.SSL_do_handshake(self._ssl)
        return result == 1 or not self._lacks(result)

    def said(self) -> bytes | None:
        """What the other end has said next; None: nothing more has come. Raises `SSL.ZeroReturnError` at its end."""
        result = _lib.SSL_read(self._ssl, _said, _RECORD)
        if result <= 0 and self._lacks(result):
            return None
        heard: bytes = _ffi.buffer(_said, result)[:]
        return heard

    def say(self, data: Any) -> None:
        """Say this to the other end."""
        with _ffi.from_buffer(data) as plain:
            done, size = 0, len(plain)
            while done < size:
                written = _lib.SSL_write(self._ssl, plain + done, size - done)  # a record
                if written <= 0:
                    self._raise_ssl_error(self._ssl, written)
                done += written

    def to_send(self) -> bytes:
        """What is to go over the wire now."""
        parts: list[bytes] = []
        while (size := _lib.BIO_read(self._from_ssl, _to_send, _MOST)) > 0:
            parts.append(_ffi.buffer(_to_send, size)[:])
            if size < _MOST:
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _lacks(self, result: int) -> bool:
        """Whether more must come over the wire first; raises where that is not all."""
        if _lib.SSL_get_error(self._ssl, result) == _lib.SSL_ERROR_WANT_READ:
            return True
        self._raise_ssl_error(self._ssl, result)
        return False

"""Splits a byte stream into SIP messages (RFC 3261, section 18.3) and parses responses."""

import re

from sipmessage import Message, Response

_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*(\d+)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(rb"\r\n[ \t]+")
_LARGEST = 65_536


class Framer:
    """Collects received bytes and returns complete messages. CRLFs between messages are keep-alives (RFC 5626)."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add data; returns the messages now complete. Raises `ValueError` if it is not SIP."""
        self._buffer += data
        messages = []
        while message := self._next():
            messages.append(message)
        if len(self._buffer) > _LARGEST:
            raise ValueError("a message larger than 64 KiB")
        return messages

    def _next(self) -> bytes | None:
        self._buffer = self._buffer.lstrip(b"\r\n")
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = _LENGTH.search(self._buffer[:end].replace(b"\r\n", b"\n"))
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self._buffer) < whole:
            return None
        message, self._buffer = self._buffer[:whole], self._buffer[whole:]
        return message


def read_response(message: bytes) -> tuple[str, Response] | None:
    """The branch of the topmost Via (ours) and the response; None for any other or malformed message."""
    head, separator, body = message.partition(b"\r\n\r\n")
    try:
        parsed = Message.parse(_FOLD.sub(b" ", head) + separator + body)
        if not isinstance(parsed, Response):
            return None
        via = parsed.via[0]
    except (ValueError, IndexError):
        return None
    branch = via.parameters.get("branch")
    return (branch, parsed) if branch else None

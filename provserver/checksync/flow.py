"""A flow (RFC 5626): one socket to one hop, shared by all its transactions; responses are matched by branch."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from sipmessage import Response

from provserver.checksync.framing import Framer, read_response
from provserver.checksync.notify import Local

IDLE_SECONDS = 60.0
"""An unused flow is closed after this time: proxies close idle connections, and addresses change."""


class Flow:
    """Dispatches responses to transactions by branch, and notifies all of them when the socket breaks."""

    def __init__(self, transport: str, write: Callable[[bytes], None], close: Callable[[], None], name: Any) -> None:
        host, port = name[0], name[1]
        self.reliable = transport != "udp"
        self.local = Local(transport.upper(), f"[{host}]" if ":" in host else host, port)
        self.used = False
        self.broken: Exception | None = None
        self.closed = asyncio.Event()
        self._write, self._close = write, close
        self._waiting: dict[str, asyncio.Queue[Response | Exception]] = {}
        self._idle: asyncio.TimerHandle | None = None
        self._watch_idleness()

    def send(self, message: bytes) -> None:
        """Send a message. Does nothing on a broken flow; its transactions have been notified."""
        self.used = True
        if self.broken is None:
            self._write(message)

    def listen(self, branch: str) -> "asyncio.Queue[Response | Exception]":
        """The queue for responses to `branch`."""
        queue = self._waiting[branch] = asyncio.Queue()
        if self.broken is not None:
            queue.put_nowait(self.broken)
        self._watch_idleness()
        return queue

    def forget(self, branch: str, after: float) -> None:
        """Remove `branch` after `after` seconds."""
        if after and self.broken is None:
            asyncio.get_running_loop().call_later(after, self.forget, branch, 0)
            return
        self._waiting.pop(branch, None)
        self._watch_idleness()

    def received(self, message: bytes) -> None:
        """Handle a complete message from the peer."""
        read = read_response(message)
        if read and (queue := self._waiting.get(read[0])):
            queue.put_nowait(read[1])

    def failed(self, error: Exception) -> None:
        """Report a temporary error to all waiting transactions. The flow stays usable."""
        for queue in self._waiting.values():
            queue.put_nowait(error)

    def end(self, error: Exception) -> None:
        """Close the flow."""
        if self.broken is None:
            self.broken = error
            self.failed(error)
            if self._idle:
                self._idle.cancel()
            self._close()

    def _watch_idleness(self) -> None:
        if self._idle:
            self._idle.cancel()
            self._idle = None
        if not self._waiting and self.broken is None:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(IDLE_SECONDS, self.end, ConnectionResetError("closed: unused"))


class Datagrams(asyncio.DatagramProtocol):
    """A connected UDP socket: receives only from the hop, and reports its ICMP errors."""

    flow: Flow

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Create the flow, now that the local address is known."""
        datagrams = cast("asyncio.DatagramTransport", transport)
        self.flow = Flow("udp", datagrams.sendto, datagrams.abort, transport.get_extra_info("sockname"))

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Each datagram is one message."""
        self.flow.received(data)

    def error_received(self, exc: Exception) -> None:
        """An ICMP error: port or host unreachable."""
        self.flow.failed(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self.flow.end(exc or ConnectionResetError("closed"))
        self.flow.closed.set()


class Stream(asyncio.Protocol):
    """TCP or TLS."""

    flow: Flow

    def __init__(self, transport: str) -> None:
        self._name = transport
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Create the flow; the TLS handshake is complete."""
        stream = self._transport = cast("asyncio.Transport", transport)
        self.flow = Flow(self._name, stream.write, stream.abort, transport.get_extra_info("sockname"))

    def data_received(self, data: bytes) -> None:
        """Split received bytes into messages."""
        try:
            messages = self._framer.feed(data)
        except ValueError:
            self.flow.end(ConnectionResetError("what answers there does not speak SIP"))
            return
        for message in messages:
            self.flow.received(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        with suppress(AttributeError):  # lost during the handshake: no flow yet
            self.flow.end(exc or ConnectionResetError("closed"))
            self.flow.closed.set()

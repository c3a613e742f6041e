"""Phone connections that answer repeated requests before aiohttp parses them.

Parsing, a task, and the request and response objects are most of the cost of serving an unchanged file. Bytes that have
been seen before are answered from the response cache; all others are passed on to aiohttp.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiohttp import EMPTY_PAYLOAD, web
from cryptography import x509

_END_OF_HEAD = b"\r\n\r\n"
_AGAIN_SECONDS = 1.0  # seconds until a timeout is checked again if an answer was pending

Peer = tuple[Any, ...]  # local and remote address, and whether TLS is used
Reply = tuple[tuple[bytes, ...], bool]  # the bytes to send, and whether the connection stays open
Answering = Callable[[bytes, "Connection"], bool]  # True if it takes over, and calls `replied` later


class Connection(web.RequestHandler):
    """One connection. `said`: the last request passed to aiohttp, if it is known to be one whole request.

    `is_new`: nothing has been answered on it yet, except 503. `chain`: the phone's certificates, once they are known.
    """

    __slots__ = ("_answering", "_begun", "_held", "_in_step", "_peer", "_replied", "chain", "is_new", "said")

    def __init__(self, server: web.Server, answering: Answering, **settings: Any) -> None:
        super().__init__(server, **settings)
        self._answering = answering
        # Whether aiohttp knows this connection; deferred, since its setup costs as much as an answer
        self._begun = False
        self._in_step = True  # everything received so far was whole requests without a body
        self._held: bytes | None = None  # received while a request is being answered without aiohttp
        self._replied: asyncio.Future[None] | None = None
        self._peer: Peer | None = None
        self.said: bytes | None = None
        self.is_new = True
        self.chain: list[x509.Certificate] | None = None

    @property
    def peer(self) -> Peer:
        """Local and remote address, and whether TLS is used."""
        if self._peer is None:
            remote = self.peername
            self._peer = (remote[0] if remote else None, self.sockname, self.ssl_context is not None)
        return self._peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection. aiohttp's own setup is deferred until it is needed."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transport is not a subclass
        if self._manager:
            self._manager.connection_made(self, self.transport)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        self._keepalive_handle = self._loop.call_at(self._next_keepalive_close_time, self._process_keepalive)

    def data_received(self, data: bytes) -> None:
        """Answer from the cache if possible, else pass the data on to aiohttp."""
        if self._held is not None:
            self._hold(data)
            return
        idle = self._in_step and self._is_idle()
        if idle and not self._paused:
            self._held = b""
            if self._answering(data, self):
                return
            self._held = None
        self._pass_on(data, idle=idle)

    def replied(self, said: bytes, reply: Reply | None) -> None:
        """Send `reply` to the request `said`; None passes the request on to aiohttp."""
        held, self._held = self._held, None
        if self._replied:
            self._replied.set_result(None)
        if self.transport is None:
            return
        if reply:
            self._send(*reply)
        else:
            self._pass_on(said, idle=True)
        if held and self.transport:
            self.transport.resume_reading()
            self.data_received(held)

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - aiohttp's signature
        """Close the connection; a request in progress is answered first, within `timeout` seconds."""
        if self._held is not None:
            self._replied = self._loop.create_future()
            await asyncio.wait([self._replied], timeout=timeout)
        await super().shutdown(timeout)

    def _process_keepalive(self) -> None:
        """Close the connection after the keep-alive timeout."""
        if self._begun:
            super()._process_keepalive()
        elif self._held is None and self._loop.time() >= self._next_keepalive_close_time:
            self.force_close()
        else:
            again = max(self._next_keepalive_close_time, self._loop.time() + _AGAIN_SECONDS)
            self._keepalive_handle = self._loop.call_at(again, self._process_keepalive)

    def _begin(self, transport: asyncio.Transport) -> None:
        self._begun = True
        if self._keepalive_handle:
            self._keepalive_handle.cancel()
        super().connection_made(transport)

    def _hold(self, data: bytes) -> None:
        if not self._held and self.transport:
            self.transport.pause_reading()
        self._held = (self._held or b"") + data

    def _is_idle(self) -> bool:
        """Whether no earlier request is unanswered, so that the next one may be answered directly."""
        if self._close or self._force_close or self._messages:
            return False
        return self._request_count == 0 if self._waiter is None else not self._waiter.done()

    def _pass_on(self, data: bytes, *, idle: bool) -> None:
        """Pass data on to aiohttp."""
        if not self._begun and self.transport:
            self._begin(self.transport)
        self.said = None
        before = len(self._messages)
        super().data_received(data)
        if self._in_step:
            self._in_step = data.endswith(_END_OF_HEAD) and self._was_one_head(before)
            self.said = data if idle and self._in_step else None

    def _was_one_head(self, before: int) -> bool:
        return len(self._messages) == before + 1 and self._messages[-1][1] is EMPTY_PAYLOAD and not self._upgraded

    def _send(self, parts: tuple[bytes, ...], stays: bool) -> None:
        if self.transport is None:
            return
        self.transport.writelines(parts)
        if stays:
            self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        else:
            self.force_close()


class PhoneRunner(web.AppRunner):
    """aiohttp runner that uses these connections."""

    def __init__(self, app: web.Application, answering: Answering, **settings: Any) -> None:
        super().__init__(app, **settings)
        self._answering = answering

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made, self._answering, **self._kwargs)


class _Server(web.Server):
    def __init__(self, like: web.Server, answering: Answering, **settings: Any) -> None:
        super().__init__(like.request_handler, request_factory=like.request_factory, **settings)
        self._answering = answering

    def __call__(self) -> Connection:
        return Connection(self, self._answering, loop=self._loop, **self._kwargs)

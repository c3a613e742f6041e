"""Connections of phones: what was answered before, to the byte, is answered before aiohttp has looked at it.

Parsing a request, a task and objects for it and for its answer are most of what an unchanged file costs, and tell
nothing new about bytes that were looked into before. Whatever else is said goes aiohttp's way.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiohttp import EMPTY_PAYLOAD, web

_END_OF_HEAD = b"\r\n\r\n"
_AGAIN_SECONDS = 1.0  # until it is looked again whether somebody is silent whose answer was being made

Peer = tuple[Any, ...]  # both ends of a connection, and whether it is TLS
Reply = tuple[tuple[bytes, ...], bool]  # what to send, and whether the connection stays
Answering = Callable[[bytes, "Connection"], bool]  # whether it sees to `replied` being called


class Connection(web.RequestHandler):
    """One of them. `said`: the request that aiohttp has been given last, where it is known to be one and whole.

    `is_new` until something was answered but that there is no room.
    """

    __slots__ = ("_answering", "_begun", "_held", "_in_step", "_peer", "_replied", "is_new", "said")

    def __init__(self, server: web.Server, answering: Answering, **settings: Any) -> None:
        super().__init__(server, **settings)
        self._answering = answering
        self._begun = False  # whether aiohttp knows of the connection: what it sets up costs as much as many an answer
        self._in_step = True  # all that was said until now were whole requests without a body
        self._held: bytes | None = None  # what was said behind a request that is being answered without aiohttp
        self._replied: asyncio.Future[None] | None = None
        self._peer: Peer | None = None
        self.said: bytes | None = None
        self.is_new = True

    @property
    def peer(self) -> Peer:
        """Who speaks to whom."""
        if self._peer is None:
            remote = self.peername
            self._peer = (remote[0] if remote else None, self.sockname, self.ssl_context is not None)
        return self._peer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there, who may say nothing that aiohttp is needed for."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are not of this class
        if self._manager:
            self._manager.connection_made(self, self.transport)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        self._keepalive_handle = self._loop.call_at(self._next_keepalive_close_time, self._process_keepalive)

    def data_received(self, data: bytes) -> None:
        """What comes over the wire, as it comes."""
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
        """What to say to `said`; None: aiohttp is to look into it."""
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

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - as aiohttp has it
        """Let go of whoever is idle, and of the others once they have their answer."""
        if self._held is not None:
            self._replied = self._loop.create_future()
            await asyncio.wait([self._replied], timeout=timeout)
        await super().shutdown(timeout)

    def _process_keepalive(self) -> None:
        """Let go of whoever has been silent for too long."""
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
        """Whether whoever asks now is the next to be answered."""
        if self._close or self._force_close or self._messages:
            return False
        return self._request_count == 0 if self._waiter is None else not self._waiter.done()

    def _pass_on(self, data: bytes, *, idle: bool) -> None:
        """Let aiohttp have it."""
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
    """Runs the application of phones on such connections."""

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

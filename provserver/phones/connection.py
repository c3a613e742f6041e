"""Connections of phones: what was answered before, to the byte, is answered before aiohttp has looked at it.

Parsing a request, a task and objects for it and for its answer are most of what an unchanged file costs, and tell
nothing new about bytes that were looked into before. Whatever else is said goes aiohttp's way.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import EMPTY_PAYLOAD, web

_END_OF_HEAD = b"\r\n\r\n"

Peer = tuple[Any, ...]  # both ends of a connection, and whether it is TLS
Answering = Callable[[bytes, "Connection"], "Reply | None"]
Reply = tuple[tuple[bytes, ...], bool]  # what to send, and whether the connection stays


class Connection(web.RequestHandler):
    """One of them. `said`: the request that aiohttp has been given last, where it is known to be one and whole."""

    __slots__ = ("_answering", "_in_step", "_peer", "said")

    def __init__(self, server: web.Server, answering: Answering, **settings: Any) -> None:
        super().__init__(server, **settings)
        self._answering = answering
        self._in_step = True  # all that was said until now were whole requests without a body
        self._peer: Peer | None = None
        self.said: bytes | None = None

    @property
    def peer(self) -> Peer:
        """Who speaks to whom."""
        if self._peer is None:
            remote = self.peername
            self._peer = (remote[0] if remote else None, self.sockname, self.ssl_context is not None)
        return self._peer

    def data_received(self, data: bytes) -> None:
        """What comes over the wire, as it comes."""
        idle = self._in_step and self._is_idle()
        if idle and not self._paused and (reply := self._answering(data, self)):
            self._send(*reply)
            return
        self.said = None
        before = len(self._messages)
        super().data_received(data)
        if self._in_step:
            self._in_step = data.endswith(_END_OF_HEAD) and self._was_one_head(before)
            self.said = data if idle and self._in_step else None

    def _is_idle(self) -> bool:
        """Whether whoever asks now is the next to be answered."""
        if self._close or self._force_close or self._messages:
            return False
        return self._request_count == 0 if self._waiter is None else not self._waiter.done()

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

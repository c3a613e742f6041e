"""A listener: accepts connections on its sockets."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

from aiohttp import web

from provserver.listening.connection import Connection, ListenerPolicy

_LAST_QUESTIONS_SECONDS = 0.2
_BACKLOG = 1024
# uvloop accepts one connection per handle and iteration. In a storm iterations are long, and phones would time out in
# the backlog although there is capacity; so each socket has several handles.
_HANDLES = 8


class Site:
    """Accepts connections from `accept_on` until `close`. Open connections are closed by the runner."""

    def __init__(self, runner: web.AppRunner, name: str, policy: ListenerPolicy) -> None:
        if runner.server is None:
            raise RuntimeError("set the runner up first")
        self._server = runner.server
        self._make_http: Callable[[], asyncio.Protocol] = runner.server
        self._name = name
        self._policy = policy
        self._listening: Sequence[asyncio.Server] = ()

    async def accept_on(self, sockets: Sequence[socket.socket]) -> int:
        """Accept connections on sockets that are already listening; returns their port."""
        port, loop = int(sockets[0].getsockname()[1]), asyncio.get_running_loop()
        handles = [handle for one in sockets for handle in (one, *(one.dup() for _ in range(_HANDLES - 1)))]
        self._listening = [await loop.create_server(self._welcome, sock=one, backlog=_BACKLOG) for one in handles]
        return port

    async def close(self) -> None:
        """Stop accepting. Connections already accepted have a moment to complete the handshake and send a request."""
        for listening in self._listening:
            listening.close()
        await self._policy.connections.close()
        if self._server.connections:
            await asyncio.sleep(_LAST_QUESTIONS_SECONDS)

    def _welcome(self) -> asyncio.Protocol:
        return Connection(self._name, self._policy, self._make_http)


def listening_sockets(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Sockets listening on every address of `host`. `shared`: SO_REUSEPORT. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG, reuse_port=shared)
            listener.setblocking(False)  # noqa: FBT003 - the standard library's interface
            sockets.append(listener)
    except OSError:
        for listener in sockets:
            with suppress(OSError):
                listener.close()
        raise
    return sockets

"""A listener: its sockets, and what becomes of those who connect to them."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

from aiohttp import web

from provserver.listening.connection import Connection, ListenerPolicy

_LAST_QUESTIONS_SECONDS = 0.2
_BACKLOG = 1024
# In a turn uvloop takes one connection from each handle. In a storm its turns are long, and phones would wait where
# nobody sees them until they have gone, though there is room; so each socket has several handles.
_HANDLES = 8


class Site:
    """Listens from `accept_on` to `close`; connections that are then open are the runner's to end."""

    def __init__(self, runner: web.AppRunner, name: str, policy: ListenerPolicy) -> None:
        if runner.server is None:
            raise RuntimeError("set the runner up first")
        self._server = runner.server
        self._make_http: Callable[[], asyncio.Protocol] = runner.server
        self._name = name
        self._policy = policy
        self._listening: Sequence[asyncio.Server] = ()

    async def accept_on(self, sockets: Sequence[socket.socket]) -> int:
        """Accept what comes to sockets that listen already; returns their port."""
        port, loop = int(sockets[0].getsockname()[1]), asyncio.get_running_loop()
        handles = [handle for one in sockets for handle in (one, *(one.dup() for _ in range(_HANDLES - 1)))]
        self._listening = [await loop.create_server(self._welcome, sock=one, backlog=_BACKLOG) for one in handles]
        return port

    async def close(self) -> None:
        """Accept no more. Who has been accepted has a moment to be greeted and to ask, and is dropped after that."""
        for listening in self._listening:
            listening.close()
        await self._policy.connections.close()
        if self._server.connections:
            await asyncio.sleep(_LAST_QUESTIONS_SECONDS)

    def _welcome(self) -> asyncio.Protocol:
        return Connection(self._name, self._policy, self._make_http)


def listening_sockets(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Sockets that listen on every address of `host`; `shared`: others may listen there too. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG, reuse_port=shared)
            listener.setblocking(False)  # noqa: FBT003 - the name is the standard library's
            sockets.append(listener)
    except OSError:
        for listener in sockets:
            with suppress(OSError):
                listener.close()
        raise
    return sockets

"""A listener: accepts connections, keeps to its limit, reads the PROXY protocol, speaks TLS, hands over to HTTP."""

import asyncio
import socket
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

import structlog
from aiohttp import web

from provserver.listening.proxyprotocol import NotProxied, Told, read_header
from provserver.listening.tls import ServerTls

_GREETING_SECONDS = 10.0  # for the PROXY protocol, and again for the TLS handshake
_GOODBYE_SECONDS = 5.0
_LAST_GREETINGS_SECONDS = 2.0
_LAST_QUESTIONS_SECONDS = 0.2
_BREATH_SECONDS = 0.5  # after an accept that failed, as it does when there are no file descriptors left
_QUIET_SECONDS = 60.0  # between two log lines about the limit
_BACKLOG = 1024

_log = structlog.get_logger("listening")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a listener treats those who come. `proxies`: must begin with the PROXY protocol; nobody else may."""

    max_connections: int
    tls: ServerTls | None = None
    proxies: Collection[IPv4Network | IPv6Network] = ()


class Site:
    """Listens from `accept_on` to `close`; connections that are then open are the runner's to end."""

    def __init__(self, runner: web.AppRunner, name: str, manners: Manners) -> None:
        if runner.server is None:
            raise RuntimeError("set the runner up first")
        self._server = runner.server
        self._name = name
        self._manners = manners
        self._sockets: Sequence[socket.socket] = ()
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: Sequence[asyncio.Task[None]] = ()
        self._said_full = -_QUIET_SECONDS

    def accept_on(self, sockets: Sequence[socket.socket]) -> int:
        """Accept what comes to sockets that listen already; returns their port."""
        self._sockets = sockets
        self._accepting = [self._start(self._accept(listener)) for listener in sockets]
        return int(sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Accept no more. Who has been accepted has a moment to be greeted and to ask, and is dropped after that."""
        await _cancelled(self._accepting)
        for listener in self._sockets:
            listener.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_GREETINGS_SECONDS)
        if self._server.connections:
            await asyncio.sleep(_LAST_QUESTIONS_SECONDS)
        await _cancelled(self._tasks)

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listener)
            except OSError as error:
                _log.warning("cannot_accept", listener=self._name, reason=error.strerror)
                await asyncio.sleep(_BREATH_SECONDS)
                continue
            if self._is_full():
                accepted.close()
            else:
                self._start(self._greet(Client(accepted), address[0]))
            await asyncio.sleep(0)  # in a storm of connections those that are open get their turn

    def _is_full(self) -> bool:
        waiting = len(self._tasks) - len(self._sockets)
        if len(self._server.connections) + waiting < self._manners.max_connections:
            return False
        if time.monotonic() - self._said_full >= _QUIET_SECONDS:
            self._said_full = time.monotonic()
            _log.warning("too_many_connections", listener=self._name, limit=self._manners.max_connections)
        return True

    async def _greet(self, client: "Client", address: str) -> None:
        """What comes before HTTP. Whoever fails here is gone without an answer."""
        loop, tls = asyncio.get_running_loop(), self._manners.tls
        handshake = {"ssl_handshake_timeout": _GREETING_SECONDS, "ssl_shutdown_timeout": _GOODBYE_SECONDS}
        try:
            if _is_in(address, self._manners.proxies):
                async with asyncio.timeout(_GREETING_SECONDS):
                    client.told = await read_header(client.read_exactly)
            await loop.connect_accepted_socket(self._server, client, ssl=tls, **(handshake if tls else {}))
        except (OSError, NotProxied, TimeoutError) as error:
            client.close()
            # A check of a load balancer comes and goes without a word, every few seconds.
            log = _log.debug if isinstance(error, ConnectionError) else _log.info
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            log("no_connection", listener=self._name, source=address, reason=reason)
        except asyncio.CancelledError:
            client.close()
            raise


class Client(socket.socket):
    """An accepted connection. Its peer is whom the proxy has told, where one has."""

    told: Told | None = None

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self.setblocking(False)  # noqa: FBT003 - the name is the standard library's

    def getpeername(self) -> Any:
        """What asyncio, and so `request.remote`, tells as the other end."""
        return (self.told.address, self.told.port) if self.told else super().getpeername()

    async def read_exactly(self, size: int) -> bytes:
        """That many bytes and not one more: what follows is not ours. Raises `ConnectionError` where they end."""
        loop, data = asyncio.get_running_loop(), b""
        while len(data) < size:
            more = await loop.sock_recv(self, size - len(data))
            if not more:
                raise ConnectionResetError("ended before it said who it is")
            data += more
        return data


async def _cancelled(tasks: Collection[asyncio.Task[None]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


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


def _is_in(text: str, networks: Collection[IPv4Network | IPv6Network]) -> bool:
    address = ip_address(text.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address.version == network.version and address in network for network in networks)

"""Stages of a connection before HTTP: optional PROXY protocol header, then optional TLS.

Connections that fail a stage are closed without a response.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from provserver.domain.networks import Networks, is_inside, read_address
from provserver.listening.connection_limit import ConnectionLimit
from provserver.listening.proxyprotocol import NotProxied, Told, read_header
from provserver.listening.session import Session
from provserver.listening.tls import ServerTls, TlsConnection

_log = structlog.get_logger("listening")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerPolicy:
    """Settings of a listener. Connections from `proxies` must start with a PROXY protocol header; others must not."""

    connections: ConnectionLimit
    tls: ServerTls | None = None
    proxies: Networks = ()


class Connection(asyncio.Protocol):
    """The protocol of the accepted socket. Forwards all data to TLS or HTTP once the PROXY header has been read."""

    __slots__ = ("_arriving", "_header", "_listener", "_make_http", "_next", "_policy", "_transport")

    def __init__(self, listener: str, policy: ListenerPolicy, http: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._policy = policy
        self._make_http = http
        self._next: asyncio.Protocol | None = None
        self._header = b""
        self._transport: Any = None
        self._arriving = False  # not passed to HTTP yet

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102 - asyncio's interface
        policy = self._policy
        if not policy.connections.enter(self._listener):
            transport.close()
            return
        self._transport = transport
        is_proxy = policy.proxies and is_inside(read_address(self._address()), policy.proxies)
        if is_proxy or policy.tls:
            self._arriving = True
            policy.connections.arriving(self)
        if not is_proxy:
            self._go_on(transport)

    def data_received(self, data: bytes) -> None:  # noqa: D102
        if self._next is None:
            data = self._after_header(data)
        if self._next is not None and data:
            self._next.data_received(data)

    def eof_received(self) -> bool | None:  # noqa: D102
        return self._next.eof_received() if self._next else None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        if self._transport is None:
            return
        self._policy.connections.leave()
        if self._arriving:
            # Load balancers' health checks connect and disconnect every few seconds, so they are logged at debug level.
            self._arrived("ended before it said who it is", _log.debug)
        if self._next:
            self._next.connection_lost(exc)
        self._next = None

    def pause_writing(self) -> None:  # noqa: D102
        if self._next:
            self._next.pause_writing()

    def resume_writing(self) -> None:  # noqa: D102
        if self._next:
            self._next.resume_writing()

    def drop(self, reason: str) -> None:
        """Abort the connection."""
        self._arrived(reason)
        self._transport.abort()

    def _after_header(self, data: bytes) -> bytes:
        """The data after the proxy's header; empty while the header is incomplete."""
        self._header += data
        try:
            header = read_header(self._header)
        except NotProxied as error:
            self.drop(str(error))
            return b""
        if header is None:
            return b""
        self._go_on(_PassedOn(self._transport, header.told) if header.told else self._transport)
        return self._header[header.size :]

    def _go_on(self, transport: Any) -> None:
        tls = self._policy.tls
        if tls:
            self._next = TlsConnection(Session.answering(tls.context), self._make_http, self._handshake_ended)
        else:
            self._next = self._make_http()
            if self._arriving:
                self._arrived()
        self._next.connection_made(transport)

    def _handshake_ended(self, failure: str | None) -> None:
        if self._arriving:
            self._arrived(failure)

    def _arrived(self, failure: str | None = None, log: Callable[..., Any] = _log.info) -> None:
        """The connection has reached HTTP, or failed."""
        self._arriving = False
        self._policy.connections.arrived(self)
        if failure:
            log("no_connection", listener=self._listener, source=self._address(), reason=failure)

    def _address(self) -> str:
        peer = self._transport.get_extra_info("peername")
        return str(peer[0]) if peer else ""


class _PassedOn:
    """A transport that reports the client address from the PROXY header."""

    def __init__(self, transport: asyncio.Transport, told: Told) -> None:
        self._transport = transport
        self._told = told

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "peername":
            return (self._told.address, self._told.port)
        return self._transport.get_extra_info(name, default)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

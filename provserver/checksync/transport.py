"""Connections to hops over UDP, TCP or TLS, one per hop, reused."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from provserver.checksync.flow import Datagrams, Flow, Stream
from provserver.checksync.problem import ProxyProblem, in_words

Transport = Literal["udp", "tcp", "tls"]
_CONNECT_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Hop:
    """One address to send to. `name`: the name that its certificate must match (RFC 5922, section 7.2)."""

    address: str
    port: int
    transport: Transport
    name: str

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}/{self.transport}"


def tls_context(ca: Path | None, *, verify: bool) -> ssl.SSLContext:
    """The TLS client context, trusting the roots in `ca`, else the system's; nothing is verified without `verify`.

    Raises `ProxyProblem` if `ca` cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise ProxyProblem(f"the root certificates in {ca} cannot be read: {in_words(error)}") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Flows:
    """All open flows. Concurrent requests for one hop share one connection attempt."""

    def __init__(self, tls: ssl.SSLContext | Callable[[], ssl.SSLContext]) -> None:
        self._tls = tls
        self._open: dict[Hop, Flow] = {}
        self._opening: dict[Hop, asyncio.Task[Flow]] = {}

    async def flow(self, hop: Hop) -> Flow:
        """The flow to `hop`, opened if needed. Raises `ProxyProblem`."""
        known = self._open.get(hop)
        if known and known.broken is None:
            return known
        if hop not in self._opening:
            self._opening[hop] = task = asyncio.create_task(self._connect(hop))
            task.add_done_callback(lambda done: self._opened(hop, done))
        return await asyncio.shield(self._opening[hop])

    async def close(self) -> None:
        """Close all sockets."""
        for task in list(self._opening.values()):
            task.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        for flow in list(self._open.values()):
            flow.end(ConnectionResetError("closed"))
            await flow.closed.wait()
        self._open.clear()

    def _opened(self, hop: Hop, task: "asyncio.Task[Flow]") -> None:
        self._opening.pop(hop, None)
        if not task.cancelled() and task.exception() is None:
            self._open = {known: flow for known, flow in self._open.items() if flow.broken is None}
            self._open[hop] = task.result()

    async def _connect(self, hop: Hop) -> Flow:
        loop = asyncio.get_running_loop()
        protocol: Datagrams | Stream
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                if hop.transport == "udp":
                    _, protocol = await loop.create_datagram_endpoint(Datagrams, remote_addr=(hop.address, hop.port))
                else:
                    tls = self._context() if hop.transport == "tls" else None
                    _, protocol = await loop.create_connection(
                        lambda: Stream(hop.transport),
                        hop.address,
                        hop.port,
                        ssl=tls,
                        server_hostname=hop.name.rstrip(".") if tls else None,
                    )
        except OSError as error:
            raise ProxyProblem(f"{hop}: {in_words(error)}") from error
        return protocol.flow

    def _context(self) -> ssl.SSLContext:
        if not isinstance(self._tls, ssl.SSLContext):
            self._tls = self._tls()
        return self._tls

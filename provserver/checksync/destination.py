"""From the settings of a line to where its requests go: the operator's proxy, else outbound proxy, server, domain."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import cast

from provserver.checksync.problem import ProxyProblem
from provserver.checksync.transport import Transport
from provserver.domain.checksync import Route

_URI = re.compile(
    r"(?:(?P<scheme>sips?):)?(?:[^@]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:;@/?\[\]]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)"
    r"(?::(?P<port>\d{1,5}))?(?P<parameters>(?:;[^;\s]+)*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Destination:
    """A host (name or bare address) with what is fixed about it; None is for DNS to tell (RFC 3263)."""

    host: str
    port: int | None = None
    transport: Transport | None = None

    @property
    def is_address(self) -> bool:
        """Whether there is nothing to look up."""
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True


def destination_of(route: Route, domain: str) -> Destination:
    """Where requests for a line of `domain` go. Raises `ProxyProblem` where nothing tells."""
    if route.proxy:
        return _parse(route.proxy, None)
    if route.outbound_proxy:
        return _parse(route.outbound_proxy, route.transport)
    host = route.server or route.domain or domain
    if not host:
        raise ProxyProblem("no SIP server is set for the line, and no checksync.proxy")
    found = _parse(host, route.transport)
    return Destination(found.host, found.port or route.port, found.transport)


def _parse(text: str, transport: str | None) -> Destination:
    """A SIP URI or `host[:port]`; what it does not say about the transport, `transport` says."""
    found = _URI.fullmatch(text.strip().strip("<>"))
    if not found:
        raise ProxyProblem(f"{text} is neither host:port nor a SIP URI")
    parameters = dict(part.lower().partition("=")[::2] for part in found["parameters"].split(";") if part)
    named = parameters.get("transport") or (transport or "").lower() or None
    if (found["scheme"] or "").lower() == "sips":
        named = "tls"
    if named not in ("udp", "tcp", "tls", None):
        raise ProxyProblem(f"{text}: the transport {named} is not udp, tcp or tls")
    port = int(found["port"]) if found["port"] else None
    return Destination(found["host"].strip("[]"), port, cast("Transport | None", named))

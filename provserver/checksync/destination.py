"""Derives a line's next hop from its settings: operator's proxy, else outbound proxy, server or domain."""

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
    """A host (name or address) with optional port and transport; None is resolved by DNS (RFC 3263)."""

    host: str
    port: int | None = None
    transport: Transport | None = None

    @property
    def is_address(self) -> bool:
        """Whether `host` is an IP address."""
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True


def destination_of(route: Route, domain: str) -> Destination:
    """The destination for a line of `domain`. Raises `ProxyProblem` if nothing is configured."""
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
    """Parse a SIP URI or `host[:port]`. `transport` is the default."""
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

"""Whom a request comes from, believing forwarding headers from trusted proxies only."""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

from provserver.domain.texts import check_host_port

_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d{1,5})?|([^:]*):\d{1,5}")

Networks = Collection[IPv4Network | IPv6Network]


def source_address(request: web.Request, trusted: Networks) -> str:
    """The address of the phone: X-Forwarded-For is walked from right to left while trusted proxies speak."""
    peer = _peer(request)
    hops = [hop.strip() for value in request.headers.getall("X-Forwarded-For", []) for hop in value.split(",")]
    while hops and _is_trusted(peer, trusted):
        address = _address(hops.pop())
        if address is None:
            break
        peer = address
    return str(peer)


def public_url(request: web.Request, configured: str | None, trusted: Networks) -> str:
    """Scheme and host by which the phone reached us, or the configured address. Without a slash at the end."""
    if configured:
        return configured
    return f"{_scheme(request, trusted)}://{_host(request)}"


def is_secure(request: web.Request, trusted: Networks) -> bool:
    """Whether the phone speaks TLS, to us or to a trusted proxy."""
    return _scheme(request, trusted) == "https"


def _scheme(request: web.Request, trusted: Networks) -> str:
    forwarded = request.headers.get("X-Forwarded-Proto", "").strip().lower()
    if forwarded in ("http", "https") and is_from_proxy(request, trusted):
        return forwarded
    return request.scheme


def is_from_proxy(request: web.Request, trusted: Networks) -> bool:
    """Whether a trusted proxy speaks, whose headers are believed."""
    return _is_trusted(_peer(request), trusted)


def _host(request: web.Request) -> str:
    """The Host header where it is one, else the address that the phone connected to: it ends up in the phone's file."""
    try:
        return check_host_port(request.host)
    except ValueError:
        address, port = (request.transport.get_extra_info("sockname") if request.transport else ("", 0))[:2]
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _peer(request: web.Request) -> IPv4Address | IPv6Address:
    return _address(request.remote or "") or IPv4Address(0)


def _is_trusted(address: IPv4Address | IPv6Address, trusted: Networks) -> bool:
    return any(address.version == network.version and address in network for network in trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as sockets and headers spell it; IPv4 inside IPv6 is IPv4."""
    with_port = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address((with_port[1] or with_port[2] if with_port else text).partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address

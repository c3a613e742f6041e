"""The source address and URL of a request. Forwarding headers are believed only from trusted proxies."""

import re
from functools import lru_cache
from ipaddress import IPv4Address

from aiohttp import web

from provserver.domain.networks import Address, Networks, is_inside, read_address
from provserver.domain.texts import check_host_port

_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d{1,5})?|([^:]*):\d{1,5}")


def source_address(request: web.Request, trusted: Networks) -> str:
    """The phone's address: X-Forwarded-For is read from right to left for as long as the peer is a trusted proxy."""
    peer = _peer(request)
    hops = [hop.strip() for value in request.headers.getall("X-Forwarded-For", []) for hop in value.split(",")]
    while hops and is_inside(peer, trusted):
        address = _address(hops.pop())
        if address is None:
            break
        peer = address
    return str(peer)


def public_url(request: web.Request, configured: str | None, trusted: Networks) -> str:
    """The configured public URL, or the scheme and host that the phone used; without a trailing slash."""
    if configured:
        return configured
    return f"{_scheme(request, trusted)}://{_host(request)}"


def is_secure(request: web.Request, trusted: Networks) -> bool:
    """Whether the phone uses TLS, to us or to a trusted proxy."""
    return _scheme(request, trusted) == "https"


def _scheme(request: web.Request, trusted: Networks) -> str:
    forwarded = request.headers.get("X-Forwarded-Proto", "").strip().lower()
    if forwarded in ("http", "https") and is_from_proxy(request, trusted):
        return forwarded
    return request.scheme


def is_from_proxy(request: web.Request, trusted: Networks) -> bool:
    """Whether the peer is a trusted proxy, whose headers are believed."""
    return is_inside(_peer(request), trusted)


def _host(request: web.Request) -> str:
    """The Host header if it is valid, else the local address; it is written into the phone's file."""
    try:
        return _checked(request.host)
    except ValueError:
        address, port = (request.transport.get_extra_info("sockname") if request.transport else ("", 0))[:2]
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


_checked = lru_cache(maxsize=256)(check_host_port)


def _peer(request: web.Request) -> Address:
    return _address(request.remote or "") or IPv4Address(0)


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    """Parse an address; some proxies append the port."""
    with_port = _WITH_PORT.fullmatch(text)
    try:
        return read_address(with_port[1] or with_port[2] if with_port else text)
    except ValueError:
        return None

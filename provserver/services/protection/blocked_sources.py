"""Lists and releases blocked sources. The counting is in `mac_guessing`."""

from datetime import datetime
from ipaddress import ip_network

from provserver.domain.errors import Invalid, NotFound
from provserver.domain.guessing import source_of
from provserver.services import audit
from provserver.services.change import Change
from provserver.services.paging import Page, PageRequest
from provserver.store import blocked_sources
from provserver.store.blocked_sources import BlockedSource
from provserver.store.database import Connection


async def list_blocked(conn: Connection, request: PageRequest, *, now: datetime) -> Page[BlockedSource]:
    """A page of blocked sources, most recent first."""
    return await blocked_sources.list_blocked(conn, request, now=now)


async def release(change: Change, text: str) -> str:
    """Unblock a source and return its canonical form. Takes effect in all processes within a second.

    `text` is a source as listed, or any address inside it. Raises `Invalid` or `NotFound`.
    """
    try:
        source = source_of(str(ip_network(text, strict=False).network_address))
    except ValueError:
        raise Invalid(f"{text} is not an address", details={"source": "is not an address"}) from None
    if not await blocked_sources.release_source(change.conn, source):
        raise NotFound(f"{source} is not blocked")
    await audit.record(change, "blocked_source.released", source, account_id=None)
    return source

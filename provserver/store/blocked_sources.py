"""Sources that asked for too many MACs, as their processes last told; for people to see and to release."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.schema import blocked_sources as table
from provserver.store.upserts import upsert

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedSource:
    """A source until `until` at least; `last_address`: where it was last seen. `refused`: requests not looked at."""

    source: str
    last_address: str
    since: datetime
    until: datetime
    refused: int


async def record_blocked(conn: AsyncConnection, blocked: Sequence[BlockedSource], *, now: datetime) -> None:
    """Add or renew sources, and drop those whose time is over."""
    await conn.execute(delete(table).where(table.c.until < now))
    statement = upsert(conn, table)
    new, old = statement.excluded, table.c
    renewed: dict[str, Any] = {
        "last_address": new.last_address,
        "until": case((new.until > old.until, new.until), else_=old.until),
        "refused": new.refused,
    }
    rows = [asdict(one) for one in blocked]
    for start in range(0, len(rows), _AT_ONCE):
        adding = statement.on_conflict_do_update(index_elements=["source"], set_=renewed)
        await conn.execute(adding, rows[start : start + _AT_ONCE])


async def which_are_listed(conn: AsyncConnection, sources: Collection[str]) -> set[str]:
    """Those of `sources` that nobody has released."""
    wanted, found = list(sources), set()
    for start in range(0, len(wanted), _AT_ONCE):
        here = select(table.c.source).where(table.c.source.in_(wanted[start : start + _AT_ONCE]))
        found |= set(await conn.scalars(here))
    return found


async def list_blocked(conn: AsyncConnection, request: PageRequest, *, now: datetime) -> Page[BlockedSource]:
    """Those that are blocked now, the latest first."""
    window = Window.of(request, table.c.since, table.c.source)
    statement = select(table).where(table.c.until >= now)
    return await fetch_page(
        conn, statement, window, lambda row: BlockedSource(**{column.name: row[column] for column in table.c})
    )


async def release_source(conn: AsyncConnection, source: str) -> bool:
    """Let a source ask again. False: it is not blocked."""
    return (await conn.execute(delete(table).where(table.c.source == source))).rowcount > 0

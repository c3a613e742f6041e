"""Sources blocked for asking for too many MACs, as last reported by the processes; for display and release."""

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
    """Blocked at least until `until`. `last_address`: last address seen. `refused`: number of refused requests."""

    source: str
    last_address: str
    since: datetime
    until: datetime
    refused: int


async def record_blocked(conn: AsyncConnection, blocked: Sequence[BlockedSource], *, now: datetime) -> None:
    """Add or update sources, and delete expired ones."""
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
    """The given sources that are still listed, that is, not released."""
    wanted, found = list(sources), set()
    for start in range(0, len(wanted), _AT_ONCE):
        here = select(table.c.source).where(table.c.source.in_(wanted[start : start + _AT_ONCE]))
        found |= set(await conn.scalars(here))
    return found


async def list_blocked(conn: AsyncConnection, request: PageRequest, *, now: datetime) -> Page[BlockedSource]:
    """A page of the currently blocked sources, most recent first."""
    window = Window.of(request, table.c.since, table.c.source)
    statement = select(table).where(table.c.until >= now)
    return await fetch_page(
        conn, statement, window, lambda row: BlockedSource(**{column.name: row[column] for column in table.c})
    )


async def release_source(conn: AsyncConnection, source: str) -> bool:
    """Release a source. False if it is not blocked."""
    return (await conn.execute(delete(table).where(table.c.source == source))).rowcount > 0

"""The audit log: one entry per change by an API key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.pages import MOST_LOOKED_AT, Page, PageRequest, Window, fetch_page, fetch_sifted
from provserver.store.periods import Period
from provserver.store.schema import audit

_INDEXED = (audit.c.resource_id, audit.c.key_id, audit.c.action, audit.c.account_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change. `before` and `after`: the resource without secrets; None if it did not exist."""

    id: str
    account_id: str | None
    key_id: str
    created_at: datetime
    action: str
    resource_id: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    request_id: str | None = None
    source_ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Filter for entries; None means any. `since` is inclusive, `until` exclusive."""

    account_id: str | None = None
    key_id: str | None = None
    resource_id: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def insert_audit(conn: AsyncConnection, entry: AuditEntry) -> None:
    """Store an entry."""
    await conn.execute(insert(audit).values({column.name: getattr(entry, column.name) for column in audit.c}))


async def list_audit(conn: AsyncConnection, request: PageRequest, chosen: AuditFilter) -> Page[AuditEntry]:
    """A page of the entries matching `chosen`, newest first.

    With several filters or a period, a page can be shorter than its limit and still have a next one.
    """
    window, period = Window.of(request, audit.c.id), Period("aud", chosen.since, chosen.until)
    equal = {column: value for column in _INDEXED if (value := getattr(chosen, column.name)) is not None}
    ways = [column == value for column, value in equal.items()]
    if len(ways) < 2 and not period:
        return await fetch_page(conn, select(audit).where(*ways), window, _entry_of)
    walk = period.walk(conn, await _narrowest(conn, ways, tuple(period.near(audit.c.id))))
    # The appended empty string keeps the planner from using an index on these columns.
    picked = select(audit).where(*(column.concat("") == value for column, value in equal.items()))
    return await fetch_sifted(conn, picked.where(*period.exact(audit)), walk, window, _entry_of)


async def _narrowest(
    conn: AsyncConnection, ways: Sequence[ColumnElement[bool]], near: Sequence[ColumnElement[bool]]
) -> Sequence[ColumnElement[bool]]:
    """The condition in `ways` that few entries match; the first one if all match many."""
    for way in ways[1:] and ways:
        some = select(audit.c.id).where(way, *near).order_by(audit.c.id.desc()).limit(MOST_LOOKED_AT)
        if (await conn.execute(select(func.count()).select_from(some.subquery()))).scalar_one() < MOST_LOOKED_AT:
            return [way]
    return ways[:1]


def _entry_of(row: RowMapping) -> AuditEntry:
    return AuditEntry(**{column.name: row[column] for column in audit.c})

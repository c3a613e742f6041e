"""The audit log: one entry per change by an API key."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.schema import audit


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
    """A page of the entries matching `chosen`, newest first."""
    statement = select(audit).where(*_conditions(chosen))
    return await fetch_page(conn, statement, Window.of(request, audit.c.id), _entry_of)


def _conditions(chosen: AuditFilter) -> Iterator[ColumnElement[bool]]:
    for column in (audit.c.account_id, audit.c.key_id, audit.c.resource_id, audit.c.action):
        value = getattr(chosen, column.name)
        if value is not None:
            yield column == value
    if chosen.since is not None:
        yield audit.c.created_at >= chosen.since
    if chosen.until is not None:
        yield audit.c.created_at < chosen.until


def _entry_of(row: RowMapping) -> AuditEntry:
    return AuditEntry(**{column.name: row[column] for column in audit.c})

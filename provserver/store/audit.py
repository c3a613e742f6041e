"""Who changed what: one entry per change by an API key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.schema import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """`before` and `after` are the resource as the API shows it, hence without secrets; None where it was not there."""

    id: str
    account_id: str | None
    key_id: str
    created_at: datetime
    action: str
    resource_id: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


async def insert_audit(conn: AsyncConnection, entry: AuditEntry) -> None:
    """Store an entry."""
    await conn.execute(insert(audit).values({column.name: getattr(entry, column.name) for column in audit.c}))


async def list_audit(conn: AsyncConnection, request: PageRequest, *, account_id: str | None = None) -> Page[AuditEntry]:
    """The entries of an account, or with None all of them, newest first."""
    statement = select(audit)
    if account_id is not None:
        statement = statement.where(audit.c.account_id == account_id)
    return await fetch_page(conn, statement, Window.of(request, audit.c.id), _entry_of)


def _entry_of(row: RowMapping) -> AuditEntry:
    return AuditEntry(**{column.name: row[column] for column in audit.c})

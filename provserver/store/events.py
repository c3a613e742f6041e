"""Events of devices. They are kept until pruned, even after the device is deleted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Event
from provserver.store.driver_statements import insert_all
from provserver.store.pages import Page, PageRequest, Window, among, fetch_page, fetch_sifted
from provserver.store.periods import Period
from provserver.store.schema import events
from provserver.store.types import micros_of


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Filter for events; None means any. `since` is inclusive, `until` exclusive."""

    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


Row = tuple[Any, ...]  # an event in stored form, in column order
NO_DETAILS = "{}"


async def insert_events(conn: AsyncConnection, happened: Sequence[Event]) -> None:
    """Store events in one statement. Details are not encrypted, so they must not contain secrets."""
    await insert_event_rows(conn, [_row_of(event) for event in happened])


async def insert_event_rows(conn: AsyncConnection, rows: Sequence[Row]) -> None:
    """Store events that are already in stored form."""
    if rows:
        await insert_all(conn, _INSERT, rows)


async def set_event_details(conn: AsyncConnection, event_id: str, details: dict[str, Any]) -> None:
    """Replace the details of an event, once the outcome is known. They must not contain secrets."""
    await conn.execute(update(events).where(events.c.id == event_id).values(details=details))


async def list_events(
    conn: AsyncConnection, account_id: str, device_id: str, chosen: EventFilter, request: PageRequest
) -> Page[Event]:
    """A page of a device's events, newest first.

    With a type or a period, a page can be shorter than its limit and still have a next one.
    """
    window, period = Window.of(request, events.c.id), Period("evt", chosen.since, chosen.until)
    here = [events.c.device_id == device_id]
    # The appended empty string keeps the planner from using the index by account, which has the events of all devices.
    statement = select(events).where(events.c.account_id.concat("") == account_id, *period.exact(events))
    if chosen.type is not None:
        statement = statement.where(events.c.type == chosen.type)
    elif not period:
        return await fetch_page(conn, statement.where(*here), window, _event_of)
    return await fetch_sifted(conn, statement, period.walk(conn, here), window, _event_of)


async def events_after(conn: AsyncConnection, account_id: str | None, after_id: str | None, limit: int) -> list[Event]:
    """Up to `limit` events after `after_id` (None: from the beginning), oldest first, of one account or all."""
    statement = select(events).order_by(events.c.id).limit(limit)
    if after_id is not None:
        statement = statement.where(events.c.id > after_id)
    if account_id is not None:
        statement = statement.where(events.c.account_id == account_id)
    return [_event_of(row) for row in (await conn.execute(statement)).mappings()]


async def events_with_ids(conn: AsyncConnection, account_id: str | None, ids: Sequence[str]) -> list[Event]:
    """The events with these ids, oldest first, of one account or all."""
    statement = select(events).where(among(conn, events.c.id, ids))
    rows = (await conn.execute(statement)).mappings()
    found = [_event_of(row) for row in rows if account_id in (None, row[events.c.account_id])]
    return sorted(found, key=lambda event: event.id)


async def prune_events(conn: AsyncConnection, before: datetime, *, limit: int = 5000) -> int:
    """Delete up to `limit` events older than `before` and return the number; repeat until it is less than `limit`.

    Bounded, so that other writers are not blocked for long.
    """
    oldest = select(events.c.id).where(events.c.created_at < before).order_by(events.c.created_at).limit(limit)
    return (await conn.execute(delete(events).where(events.c.id.in_(oldest)))).rowcount


_NAMES = tuple(column.name for column in events.c)
_INSERT = insert(events)


def _row_of(event: Event) -> Row:
    # '' rather than NULL for events without a device, because the column is not nullable
    details = json.dumps(event.details) if event.details else NO_DETAILS
    own = {"device_id": event.device_id or "", "created_at": micros_of(event.created_at), "details": details}
    return tuple(own[name] if name in own else getattr(event, name) for name in _NAMES)


def _event_of(row: RowMapping) -> Event:
    values = {column.name: row[column] for column in events.c}
    return Event(**{**values, "device_id": values["device_id"] or None})

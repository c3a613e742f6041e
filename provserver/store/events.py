"""What happened to devices: kept until pruned, longer than the devices themselves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Event
from provserver.store.driver_statements import insert_all
from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.schema import events
from provserver.store.types import micros_of


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events; None is no condition. `since` is included, `until` is not."""

    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


Row = tuple[Any, ...]  # an event as the driver takes it, in the order of the columns
NO_DETAILS = "{}"


async def insert_events(conn: AsyncConnection, happened: Sequence[Event]) -> None:
    """Store events, in one statement. Their details are stored as they are: they must hold no secret."""
    await insert_event_rows(conn, [_row_of(event) for event in happened])


async def insert_event_rows(conn: AsyncConnection, rows: Sequence[Row]) -> None:
    """The same for events that are rows already."""
    if rows:
        await insert_all(conn, _INSERT, rows)


async def set_event_details(conn: AsyncConnection, event_id: str, details: dict[str, Any]) -> None:
    """Put the outcome into an event that was stored when it began. `details` must hold no secret."""
    await conn.execute(update(events).where(events.c.id == event_id).values(details=details))


async def list_events(
    conn: AsyncConnection, account_id: str, device_id: str, chosen: EventFilter, request: PageRequest
) -> Page[Event]:
    """The events of a device, newest first."""
    statement = select(events).where(events.c.device_id == device_id, events.c.account_id == account_id)
    if chosen.type is not None:
        statement = statement.where(events.c.type == chosen.type)
    if chosen.since is not None:
        statement = statement.where(events.c.created_at >= chosen.since)
    if chosen.until is not None:
        statement = statement.where(events.c.created_at < chosen.until)
    return await fetch_page(conn, statement, Window.of(request, events.c.id), _event_of)


async def events_after(conn: AsyncConnection, account_id: str | None, after_id: str | None, limit: int) -> list[Event]:
    """At most `limit` events later than `after_id` (None: from the first), oldest first, of one account or of all."""
    statement = select(events).order_by(events.c.id).limit(limit)
    if after_id is not None:
        statement = statement.where(events.c.id > after_id)
    if account_id is not None:
        statement = statement.where(events.c.account_id == account_id)
    return [_event_of(row) for row in (await conn.execute(statement)).mappings()]


async def prune_events(conn: AsyncConnection, before: datetime, *, limit: int = 5000) -> int:
    """Delete at most `limit` events older than `before` and say how many; again until it is fewer than `limit`.

    A bounded step keeps writers from waiting long.
    """
    oldest = select(events.c.id).where(events.c.created_at < before).order_by(events.c.created_at).limit(limit)
    return (await conn.execute(delete(events).where(events.c.id.in_(oldest)))).rowcount


_NAMES = tuple(column.name for column in events.c)
_INSERT = insert(events)


def _row_of(event: Event) -> Row:
    # Not NULL but '' where it is about no device: the column was there before such events were.
    details = json.dumps(event.details) if event.details else NO_DETAILS
    own = {"device_id": event.device_id or "", "created_at": micros_of(event.created_at), "details": details}
    return tuple(own[name] if name in own else getattr(event, name) for name in _NAMES)


def _event_of(row: RowMapping) -> Event:
    values = {column.name: row[column] for column in events.c}
    return Event(**{**values, "device_id": values["device_id"] or None})

"""Late events, stored after an outage, so that clients following events by id do not miss them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.schema import late_events as table


async def note_late(conn: AsyncConnection, batch_id: str, event_ids: Sequence[str]) -> None:
    """Note events stored late, in their transaction. `batch_id` starts with the time of storing."""
    await conn.execute(insert(table).values(id=batch_id, event_ids=list(event_ids)))


async def batches_after(conn: AsyncConnection, after_id: str) -> list[str]:
    """The ids of the batches after `after_id`, in order."""
    return list(await conn.scalars(select(table.c.id).where(table.c.id > after_id).order_by(table.c.id)))


async def events_in(conn: AsyncConnection, batch_ids: Sequence[str]) -> list[str]:
    """The ids of the events in these batches, sorted."""
    found: list[Any] = list(await conn.scalars(select(table.c.event_ids).where(table.c.id.in_(batch_ids))))
    return sorted(event_id for ids in found for event_id in ids)


async def prune_batches(conn: AsyncConnection, before_id: str) -> None:
    """Delete the batches before `before_id`."""
    await conn.execute(delete(table).where(table.c.id < before_id))

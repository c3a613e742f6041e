"""Unknown MACs that asked for files: a bounded list; the one not seen for longest is evicted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping, case, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import UnknownDevice
from provserver.domain.mac import Mac
from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.schema import devices, unknown_devices
from provserver.store.upserts import upsert


async def record_unknown(conn: AsyncConnection, sightings: Sequence[UnknownDevice], bound: int) -> None:
    """Add sightings (counts accumulate), keeping the `bound` MACs seen most recently.

    A MAC that has a device by now is skipped, because it may have been created since the sighting.
    """
    merged = _merged(sightings)
    known = set(await conn.scalars(select(devices.c.mac).where(devices.c.mac.in_(merged))))
    rows = [_stored(sighting) for mac, sighting in merged.items() if mac not in known]
    if rows:
        await conn.execute(_adding(conn), rows)
        await _evict(conn, bound)


async def forget_unknown(conn: AsyncConnection, mac: Mac) -> bool:
    """Remove a MAC from the list. False if it was not on it."""
    return (await conn.execute(delete(unknown_devices).where(unknown_devices.c.mac == mac.bare))).rowcount > 0


async def list_unknown(conn: AsyncConnection, request: PageRequest) -> Page[UnknownDevice]:
    """A page of the list, most recently seen first."""
    window = Window.of(request, unknown_devices.c.last_seen_at, unknown_devices.c.mac)
    return await fetch_page(conn, select(unknown_devices), window, _unknown_of)


def _merged(sightings: Sequence[UnknownDevice]) -> dict[str, UnknownDevice]:
    """Merge sightings by MAC, because an upsert must not touch a row twice."""
    merged: dict[str, UnknownDevice] = {}
    for seen in sorted(sightings, key=lambda sighting: sighting.last_seen_at):
        if earlier := merged.get(seen.mac.bare):
            seen = replace(  # noqa: PLW2901 - replaced by the sum
                seen,
                vendor=seen.vendor or earlier.vendor,
                model=seen.model or earlier.model,
                first_seen_at=min(seen.first_seen_at, earlier.first_seen_at),
                count=seen.count + earlier.count,
            )
        merged[seen.mac.bare] = seen
    return merged


def _adding(conn: AsyncConnection) -> Any:
    statement = upsert(conn, unknown_devices)
    new, old = statement.excluded, unknown_devices.c
    later = new.last_seen_at >= old.last_seen_at
    return statement.on_conflict_do_update(
        index_elements=["mac"],
        set_={
            "vendor": func.coalesce(new.vendor, old.vendor),
            "model": func.coalesce(new.model, old.model),
            "source_ip": case((later, new.source_ip), else_=old.source_ip),
            "first_seen_at": case((new.first_seen_at < old.first_seen_at, new.first_seen_at), else_=old.first_seen_at),
            "last_seen_at": case((later, new.last_seen_at), else_=old.last_seen_at),
            "count": old.count + new.count,
        },
    )


async def _evict(conn: AsyncConnection, bound: int) -> None:
    table = unknown_devices
    surplus = (await conn.execute(select(func.count()).select_from(table))).scalar_one() - bound
    if surplus > 0:
        oldest = select(table.c.mac).order_by(table.c.last_seen_at, table.c.mac).limit(surplus)
        await conn.execute(delete(table).where(table.c.mac.in_(oldest)))


def _stored(seen: UnknownDevice) -> dict[str, Any]:
    return {column.name: getattr(seen, column.name) for column in unknown_devices.c} | {"mac": seen.mac.bare}


def _unknown_of(row: RowMapping) -> UnknownDevice:
    values = {column.name: row[column] for column in unknown_devices.c}
    return UnknownDevice(**values | {"mac": Mac(values["mac"])})

"""Single devices. Lists are in `device_lists`, contacts in `contacts`."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Device, Origin
from provserver.domain.mac import Mac
from provserver.store.buttons import delete_buttons_of
from provserver.store.conflicts import conflicts_named
from provserver.store.device_rows import SEARCHED, device_of, index_device, stored, stored_device
from provserver.store.revisions import bump_device
from provserver.store.schema import devices, settings_layers
from provserver.store.sealing import Sealer
from provserver.store.tokens import burn_tokens
from provserver.store.usage import close_spans

# Observed state, which does not appear in files; changes of these do not increment the revision.
_ONLY_OBSERVED = frozenset(
    {
        "status",
        "window_until",
        "window_address",
        "fetched_stamp",
        "fetched_etag",
        "fetched_base_url",
        "current_ip_address",
        "last_provisioned_at",
        "last_seen_at",
        "notified_at",
        "notified_event",
    }
)


async def insert_device(conn: AsyncConnection, sealer: Sealer, device: Device) -> None:
    """Store a new device; for a handset, the base's revision is incremented.

    Raises `Conflict` with code `mac_address_taken` or `ipei_taken`, or `Contended` if its slot is taken.
    """
    with conflicts_named():
        await conn.execute(insert(devices).values(stored_device(device, sealer)))
    await index_device(conn, device)
    if device.base_id:
        await bump_device(conn, device.base_id)


async def get_device(conn: AsyncConnection, sealer: Sealer, account_id: str, device_id: str) -> Device | None:
    """The device with its token; None if it does not exist or belongs to another account."""
    return await _one(conn, sealer, devices.c.id == device_id, devices.c.account_id == account_id)


async def find_by_mac(conn: AsyncConnection, sealer: Sealer, mac: Mac) -> Device | None:
    """The device with this MAC in any account, or None."""
    return await _one(conn, sealer, devices.c.mac == mac.bare)


async def update_device(
    conn: AsyncConnection, sealer: Sealer, account_id: str, device_id: str, *, at: datetime, **changes: Any
) -> Device | None:
    """Change fields of `Device` by name and return the updated device; None if it does not exist.

    Increments the revision, and that of a handset's base (of both if it moves), unless only observed state changes
    (status, window, last fetch). Raises `Conflict` like `insert_device`.
    """
    before = await get_device(conn, sealer, account_id, device_id)
    if before is None:
        return None
    with conflicts_named():
        values = stored({**changes, "updated_at": at}, sealer)
        await conn.execute(update(devices).where(devices.c.id == device_id).values(values))
    if changes.keys() - _ONLY_OBSERVED:
        await bump_device(conn, device_id)
        if before.base_id and changes.get("base_id", before.base_id) != before.base_id:
            await bump_device(conn, before.base_id)
    after = await get_device(conn, sealer, account_id, device_id)
    if after is not None and SEARCHED & changes.keys():
        await index_device(conn, after)
    return after


async def delete_device(conn: AsyncConnection, account_id: str, device_id: str, *, at: datetime) -> bool:
    """Delete a device with its layer and assignments; a base with its handsets. False if it does not exist here."""
    gone = or_(devices.c.id == device_id, devices.c.base_id == device_id)
    rows = (await conn.execute(select(devices.c.id, devices.c.account_id).where(gone))).all()
    if (device_id, account_id) not in [tuple(row) for row in rows]:
        return False
    await bump_device(conn, device_id)  # increments the revision of a handset's base
    for row in rows:
        await close_spans(conn, at=at, device_id=row.id)
    await burn_tokens(conn, [row.id for row in rows])
    await conn.execute(delete(settings_layers).where(settings_layers.c.owner_id.in_([row.id for row in rows])))
    await delete_buttons_of(conn, [row.id for row in rows])
    await conn.execute(delete(devices).where(devices.c.id == device_id))
    return True


async def settle_type(conn: AsyncConnection, device_id: str) -> None:
    """Fix the device's type, because something now depends on it."""
    guessed = (devices.c.id == device_id, devices.c.type_source != Origin.NAMED)
    await conn.execute(update(devices).where(*guessed).values(type_source=Origin.NAMED))


async def open_window(conn: AsyncConnection, device_id: str, *, until: datetime) -> None:
    """Open the provisioning window until `until`, not pinned to an address."""
    values = {"window_until": until, "window_address": None}
    await conn.execute(update(devices).where(devices.c.id == device_id).values(values))


async def set_notified(conn: AsyncConnection, device_id: str, *, at: datetime, event_id: str) -> None:
    """Record that the phone is being notified, in the event `event_id`."""
    values = {"notified_at": at, "notified_event": event_id}
    await conn.execute(update(devices).where(devices.c.id == device_id).values(values))


async def unset_notified(conn: AsyncConnection, device_id: str, event_id: str) -> None:
    """Undo `set_notified`, unless it was notified again since."""
    told_then = (devices.c.id == device_id, devices.c.notified_event == event_id)
    await conn.execute(update(devices).where(*told_then).values(notified_at=None, notified_event=None))


async def _one(conn: AsyncConnection, sealer: Sealer, *conditions: ColumnElement[bool]) -> Device | None:
    row = (await conn.execute(select(devices).where(*conditions))).mappings().first()
    return device_of(row, sealer) if row else None

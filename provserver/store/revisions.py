"""Revision counters, which invalidate cached files and entity tags after every change."""

from collections.abc import Collection

from sqlalchemy import Select, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import DeviceStatus
from provserver.store.schema import accounts, assignments, button_templates, buttons, devices


async def bump_account(conn: AsyncConnection, account_id: str) -> None:
    """Something changed that may affect all devices of the account."""
    await conn.execute(update(accounts).where(accounts.c.id == account_id).values(revision=accounts.c.revision + 1))


async def bump_device(conn: AsyncConnection, device_id: str) -> None:
    """Something changed in this device's file; for a handset, in its base's file as well."""
    await _bump(conn, select(devices.c.id).where(devices.c.id == device_id))


async def bump_devices(conn: AsyncConnection, device_ids: Collection[str]) -> None:
    """The same for several devices at once."""
    await _bump(conn, select(devices.c.id).where(devices.c.id.in_(device_ids)))


async def bump_devices_of_user(conn: AsyncConnection, user_id: str) -> None:
    """A user changed: affects every device with the user on a line or a key, and the bases of handsets.

    A template's button that refers to the user may be on every phone of the account.
    """
    lines = select(assignments.c.device_id).where(assignments.c.user_id == user_id)
    about = select(buttons.c.owner_id).where(buttons.c.user_id == user_id)
    await _bump(conn, lines, about)
    on_templates = select(buttons.c.account_id).join(button_templates, button_templates.c.id == buttons.c.owner_id)
    own = on_templates.where(buttons.c.user_id == user_id).limit(1).scalar_subquery()
    await conn.execute(update(accounts).where(accounts.c.id == own).values(revision=accounts.c.revision + 1))


async def _bump(conn: AsyncConnection, *changed: Select[tuple[str]]) -> None:
    # A handset fetches nothing: its lines are in its base's file, and it is pending until the base has fetched that.
    own = union_all(*changed)
    handsets = devices.alias("handsets")
    bases = select(handsets.c.base_id).where(handsets.c.id.in_(own), handsets.c.base_id.is_not(None))
    waiting = update(devices).where(devices.c.id.in_(own), devices.c.base_id.is_not(None))
    await conn.execute(
        waiting.where(devices.c.status == DeviceStatus.PROVISIONED).values(status=DeviceStatus.PENDING_SYNC)
    )
    reached = devices.c.id.in_(union_all(*changed, bases))
    await conn.execute(update(devices).where(reached).values(revision=devices.c.revision + 1))

"""Data for the file of a DECT base: its handsets, and the bases of its system."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.store.device_rows import device_of
from provserver.store.kinds import of_type
from provserver.store.revisions import bump_devices
from provserver.store.schema import assignments, devices, settings_layers, users

_BREATH = 100
Made = TypeVar("Made")
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class HandsetRecord:
    """A handset on a base, with its layer still encrypted."""

    device: Device
    sealed_layer: str | None = field(repr=False)


async def handsets_of_base(conn: AsyncConnection, base_id: str) -> list[HandsetRecord]:
    """The handsets of a base by slot, with their layers, in one query."""
    statement = (
        select(devices, settings_layers.c.sealed)
        .outerjoin(settings_layers, settings_layers.c.owner_id == devices.c.id)
        .where(devices.c.base_id == base_id)
        .order_by(devices.c.slot_number)
    )
    rows = (await conn.execute(statement)).mappings()
    return await unhurried(rows, lambda row: HandsetRecord(device_of(row), row[settings_layers.c.sealed]))


async def bases_of_system(conn: AsyncConnection, data_master_id: str) -> list[Device]:
    """The data master and its secondaries, the data master first, the others by creation time."""
    statement = select(devices).where(or_(devices.c.id == data_master_id, devices.c.data_master_id == data_master_id))
    found = await unhurried((await conn.execute(statement.order_by(devices.c.ordinal))).mappings(), device_of)
    return sorted(found, key=lambda base: base.id != data_master_id)


async def lock_base(conn: AsyncConnection, base_id: str) -> None:
    """Lock a base, so that concurrent transactions cannot assign the same slot or account number."""
    await conn.execute(select(devices.c.id).where(devices.c.id == base_id).with_for_update())


async def move_handsets(conn: AsyncConnection, base_id: str, to_base_id: str) -> None:
    """Move all handsets of a base to one without handsets, keeping slots and account numbers."""
    moved = update(devices).where(devices.c.base_id == base_id)
    await conn.execute(moved.values(base_id=to_base_id))
    await bump_devices(conn, await _ids(conn, devices.c.base_id == to_base_id))


async def lonely_secondaries(conn: AsyncConnection, account_id: str, vendor: str | None) -> list[str]:
    """The ids of the account's secondary bases of a vendor without a data master, oldest first."""
    lonely = (
        devices.c.account_id == account_id,
        of_type(DeviceType.DECT_BASE),
        devices.c.vendor == vendor,
        devices.c.multicell_role == MulticellRole.SECONDARY,
        devices.c.data_master_id.is_(None),
    )
    return await _ids(conn, *lonely)


async def link_secondaries(conn: AsyncConnection, base_ids: Sequence[str], data_master_id: str) -> None:
    """Assign bases to a data master, and increment the revisions of all bases in its system."""
    await conn.execute(update(devices).where(devices.c.id.in_(base_ids)).values(data_master_id=data_master_id))
    await bump_system(conn, data_master_id)


async def bump_system(conn: AsyncConnection, data_master_id: str) -> None:
    """Something changed that affects the files of all bases of a multicell system."""
    of_system = or_(devices.c.id == data_master_id, devices.c.data_master_id == data_master_id)
    await bump_devices(conn, await _ids(conn, of_system))


async def _ids(conn: AsyncConnection, *conditions: Any) -> list[str]:
    return list(await conn.scalars(select(devices.c.id).where(*conditions).order_by(devices.c.ordinal)))


async def account_numbers(conn: AsyncConnection, base_id: str) -> set[int]:
    """The SIP account numbers in use on a base."""
    statement = (
        select(assignments.c.account_number)
        .join(devices, devices.c.id == assignments.c.device_id)
        .where(devices.c.base_id == base_id, assignments.c.account_number.is_not(None))
    )
    return set((await conn.scalars(statement)).all())


async def sip_username_exists(conn: AsyncConnection, account_id: str, username: str) -> bool:
    """Whether a user of the account has this SIP user name."""
    statement = select(users.c.id).where(users.c.account_id == account_id, users.c.sip_username == username)
    return (await conn.execute(statement.limit(1))).first() is not None


async def chain_id_exists(conn: AsyncConnection, account_id: str, chain_id: str) -> bool:
    """Whether a multicell system of the account has this chain id."""
    statement = select(devices.c.id).where(devices.c.account_id == account_id, devices.c.chain_id == chain_id)
    return (await conn.execute(statement.limit(1))).first() is not None


async def unhurried(rows: Iterable[_Row], make: Callable[[_Row], Made]) -> list[Made]:
    """Apply `make` to each row, yielding to the event loop every hundred rows; a system may have a thousand."""
    made = []
    for row in rows:
        made.append(make(row))
        if len(made) % _BREATH == 0:
            await asyncio.sleep(0)
    return made

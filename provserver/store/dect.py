"""What the file of a DECT base is made from: its handsets, their lines, and the bases of its system."""

from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Device
from provserver.store.assignments import Line, line_of_row
from provserver.store.device_rows import device_of
from provserver.store.schema import assignments, devices, settings_layers, users
from provserver.store.sealing import Sealer


@dataclass(frozen=True, slots=True)
class HandsetRecord:
    """A handset on a base, with its own layer still sealed."""

    device: Device
    sealed_layer: str | None = field(repr=False)


async def handsets_of_base(conn: AsyncConnection, base_id: str) -> list[HandsetRecord]:
    """The handsets of a base by slot, with their layers, in one statement."""
    statement = (
        select(devices, settings_layers.c.sealed)
        .outerjoin(settings_layers, settings_layers.c.owner_id == devices.c.id)
        .where(devices.c.base_id == base_id)
        .order_by(devices.c.slot_number)
    )
    rows = (await conn.execute(statement)).mappings()
    return [HandsetRecord(device_of(row), row[settings_layers.c.sealed]) for row in rows]


async def lines_of_base(conn: AsyncConnection, sealer: Sealer, base_id: str) -> list[Line]:
    """The lines of all handsets of a base by handset and line number, in one statement."""
    statement = (
        select(assignments, users)
        .join(users, users.c.id == assignments.c.user_id)
        .join(devices, devices.c.id == assignments.c.device_id)
        .where(devices.c.base_id == base_id)
        .order_by(assignments.c.device_id, assignments.c.line_number)
    )
    return [line_of_row(row, sealer) for row in (await conn.execute(statement)).mappings()]


async def bases_of_system(conn: AsyncConnection, data_master_id: str) -> list[Device]:
    """The data master and its secondaries, the data master first, then in the order of their creation."""
    statement = select(devices).where(or_(devices.c.id == data_master_id, devices.c.data_master_id == data_master_id))
    found = [device_of(row) for row in (await conn.execute(statement.order_by(devices.c.ordinal))).mappings()]
    return sorted(found, key=lambda base: base.id != data_master_id)


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

"""What phones there are."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import ID_PREFIXES, DeviceType
from provserver.store.schema import devices

Kind = tuple[DeviceType, str, str | None]  # type, vendor and model


async def kinds_of_newest(conn: AsyncConnection, count: int) -> list[Kind]:
    """The kinds among the `count` newest desk phones and as many bases."""
    kinds: dict[Kind, None] = {}
    for kind in (DeviceType.DESKPHONE, DeviceType.DECT_BASE):
        ids = devices.c.id.between(f"{ID_PREFIXES[kind]}_", f"{ID_PREFIXES[kind]}_~")
        newest = select(devices.c.vendor, devices.c.model).where(ids).order_by(devices.c.id.desc()).limit(count)
        kinds |= {(kind, vendor, model): None for vendor, model in await conn.execute(newest) if vendor}
    return list(kinds)

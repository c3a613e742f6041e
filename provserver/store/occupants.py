"""The users on a device's lines, for its file: only the columns needed, since a phone may have dozens of lines."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.occupants import Assigned, LinePlace, LineUser
from provserver.store.dect import unhurried
from provserver.store.prepared import fetch_rows
from provserver.store.schema import assignments, devices, users
from provserver.store.sealing import Sealer

_PLACE = (assignments.c.device_id, assignments.c.line_number, assignments.c.account_number)
_USER = (
    users.c.id,
    users.c.name,
    users.c.extension,
    users.c.sip_username,
    users.c.sip_auth_username,
    users.c.sip_domain,
    users.c.sip_display_name,
    users.c.sip_password_sealed,
)
_ALL = select(*_PLACE, *_USER).join(users, users.c.id == assignments.c.user_id)
_OF_DEVICE = _ALL.where(assignments.c.device_id == bindparam("holder")).order_by(assignments.c.line_number)
_OF_BASE = (
    _ALL.join(devices, devices.c.id == assignments.c.device_id)
    .where(devices.c.base_id == bindparam("base"))
    .order_by(assignments.c.device_id, assignments.c.line_number)
)


async def occupants_of(conn: AsyncConnection, sealer: Sealer, device_id: str) -> list[Assigned]:
    """The lines of a device by number, in one query."""
    return [_occupant(row, sealer) for row in await fetch_rows(conn, _OF_DEVICE, {"holder": device_id})]


async def occupants_of_base(conn: AsyncConnection, sealer: Sealer, base_id: str) -> list[Assigned]:
    """The lines of all handsets of a base by handset and line number, in one query."""
    rows = await fetch_rows(conn, _OF_BASE, {"base": base_id})
    return await unhurried(rows, lambda row: _occupant(row, sealer))


def _occupant(row: Sequence[Any], sealer: Sealer) -> Assigned:
    device_id, line, account, user_id, name, extension, username, auth_username, domain, display_name, sealed = row
    password = sealer.open(sealed)
    user = LineUser(user_id, name, extension, username, auth_username, domain or None, display_name, password)
    return LinePlace(device_id, line, account), user

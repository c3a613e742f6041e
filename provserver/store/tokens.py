"""Replacement of device secrets. The previous one stays valid until the phone has used the new one, or is burnt."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.device_rows import stored
from provserver.store.revisions import bump_device
from provserver.store.schema import burnt_tokens, devices
from provserver.store.sealing import Sealer
from provserver.store.upserts import upsert

_NO_PREVIOUS = {"previous_token_hash": None, "previous_token_sealed": None}


async def replace_token(conn: AsyncConnection, sealer: Sealer, device_id: str, token: str, *, overlap: bool) -> None:
    """Give a device a new secret, which its file contains from then on.

    With `overlap` the current one stays valid as the previous one; otherwise all earlier ones are burnt.
    """
    this = devices.c.id == device_id
    before: dict[str, Any] = _NO_PREVIOUS
    if overlap:
        before = {"previous_token_hash": devices.c.token_hash, "previous_token_sealed": devices.c.token_sealed}
    else:
        await burn_tokens(conn, [device_id])
    await conn.execute(update(devices).where(this).values({**before, **stored({"token": token}, sealer)}))
    await bump_device(conn, device_id)


async def end_overlap(conn: AsyncConnection, device_id: str, token_hash: str) -> None:
    """Burn the previous secret, if the one with `token_hash`, just used by the phone, is the current one."""
    shown = (devices.c.id == device_id, devices.c.token_hash == token_hash)
    await _burn(conn, devices.c.previous_token_hash, *shown)
    await conn.execute(update(devices).where(*shown).values(_NO_PREVIOUS))


async def burn_tokens(conn: AsyncConnection, device_ids: Collection[str]) -> None:
    """Record the secrets of devices as burnt before the devices are deleted."""
    for column in (devices.c.token_hash, devices.c.previous_token_hash):
        await _burn(conn, column, devices.c.id.in_(device_ids))


async def _burn(conn: AsyncConnection, column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> None:
    going: Select[Any] = select(column, devices.c.mac).where(
        *conditions, column.is_not(None), devices.c.mac.is_not(None)
    )
    statement = upsert(conn, burnt_tokens).from_select(["token_hash", "mac"], going)
    await conn.execute(statement.on_conflict_do_nothing())

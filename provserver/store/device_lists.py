"""Lists of devices with any combination of filters, equally fast at any depth: see `store.kinds`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import ColumnElement, String, cast, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Device, DeviceStatus, DeviceType, MulticellRole
from provserver.store.device_rows import TERMS, device_of
from provserver.store.kinds import Kind, kinds_here, kinds_in_use, next_of_kinds, of_type
from provserver.store.pages import Page, PageRequest, Walk, Window, fetch_keys, fetch_sifted
from provserver.store.schema import devices
from provserver.store.search import fetch_found


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFilter:
    """Filter for devices; None means any. Without `type` and `base_id`: desk phones and DECT bases.

    `stale`: True selects devices whose file has changed since it was fetched, False the others. It requires
    `shared_stamp`, the part of the stamp (`domain.freshness`) shared by all devices of the account.
    """

    type: DeviceType | None = None
    status: DeviceStatus | None = None
    vendor: str | None = None
    model: str | None = None
    location: str | None = None
    base_id: str | None = None
    search: str | None = None
    stale: bool | None = None
    shared_stamp: str = ""


async def list_devices(
    conn: AsyncConnection, account_id: str, chosen: DeviceFilter, request: PageRequest
) -> Page[Device]:
    """A page of the account's devices, newest first, without tokens.

    With `stale` or `search`, a page may be shorter than its limit although there is a next one.
    """
    window = Window.of(request, devices.c.ordinal)
    of_account = devices.c.account_id == account_id
    walk = await _walk(conn, of_account, chosen)
    statement = select(devices).where(of_account, *_conditions(chosen))
    if chosen.search:
        return await fetch_found(conn, statement, walk, TERMS, account_id, chosen.search, window, device_of)
    if chosen.stale is not None:
        return await fetch_sifted(conn, statement, walk, window, device_of)
    picked = statement.where(devices.c.ordinal.in_(await walk(window)))
    return window.page((await conn.execute(window.ordered(picked))).mappings().all(), device_of)


async def handsets_of_bases(conn: AsyncConnection, base_ids: Sequence[str]) -> dict[str, list[Device]]:
    """The handsets of each base by slot number, without tokens; an empty list for a base without handsets."""
    statement = (
        select(devices).where(devices.c.base_id.in_(base_ids)).order_by(devices.c.base_id, devices.c.slot_number)
    )
    found: dict[str, list[Device]] = {base_id: [] for base_id in base_ids}
    for row in (await conn.execute(statement)).mappings():
        found[row[devices.c.base_id]].append(device_of(row))
    return found


async def devices_by_id(conn: AsyncConnection, device_ids: Collection[str]) -> list[Device]:
    """The devices with these ids, in no order, without tokens."""
    rows = (await conn.execute(select(devices).where(devices.c.id.in_(device_ids)))).mappings()
    return [device_of(row) for row in rows]


async def data_masters(conn: AsyncConnection, account_id: str) -> list[Device]:
    """The account's data masters, newest first, without tokens."""
    statement = select(devices).where(
        devices.c.account_id == account_id,
        of_type(DeviceType.DECT_BASE),
        devices.c.multicell_role == MulticellRole.DATA_MASTER,
    )
    rows = (await conn.execute(statement)).mappings().all()
    return [device_of(row) for row in sorted(rows, key=lambda row: row[devices.c.ordinal], reverse=True)]


async def secondaries_of(conn: AsyncConnection, data_master_id: str) -> list[str]:
    """The ids of a data master's secondary bases."""
    statement = select(devices.c.id).where(devices.c.data_master_id == data_master_id).order_by(devices.c.id)
    return list(await conn.scalars(statement))


async def vendors_in_use(conn: AsyncConnection, account_id: str | None) -> list[str]:
    """The vendors of an account's devices, or of all devices (None); sorted."""
    return sorted({vendor for _, _, vendor, _ in await kinds_in_use(conn, account_id) if vendor})


async def _walk(conn: AsyncConnection, of_account: ColumnElement[bool], chosen: DeviceFilter) -> Walk:
    """The index scan for all filters of `chosen` except `search` and `stale`."""
    if chosen.base_id is not None:  # few enough handsets to read them all
        here = [of_account, devices.c.base_id == chosen.base_id]
        statement = select(devices.c.ordinal).where(*here, *_conditions(replace(chosen, stale=None)))
        return partial(fetch_keys, conn, statement)
    here = [of_account] if chosen.location is None else [of_account, devices.c.location == chosen.location]
    kinds = await kinds_here(conn, here, partial(_wants, chosen))
    return partial(next_of_kinds, conn, here, kinds)


def _wants(chosen: DeviceFilter, kind: Kind) -> bool:
    wanted = (chosen.type, chosen.status, chosen.vendor, chosen.model)
    if chosen.type is None and kind[0] == DeviceType.DECT_HANDSET:
        return False
    return all(value in (None, said) for value, said in zip(wanted, kind, strict=True))


def _conditions(chosen: DeviceFilter) -> list[ColumnElement[bool]]:
    equal = {
        devices.c.type: chosen.type,
        devices.c.status: chosen.status,
        devices.c.vendor: chosen.vendor,
        devices.c.model: chosen.model,
        devices.c.location: chosen.location,
        devices.c.base_id: chosen.base_id,
    }
    # Appending '' prevents the use of an index on the column: rows are selected by their position in the list.
    conditions = [column.concat("") == value for column, value in equal.items() if value is not None]
    if chosen.type is None and chosen.base_id is None:
        conditions.append(devices.c.type != DeviceType.DECT_HANDSET)
    if chosen.stale is not None:
        conditions.append(_stale(chosen.shared_stamp, stale=chosen.stale))
    return conditions


def _stale(shared_stamp: str, *, stale: bool) -> ColumnElement[bool]:
    current = literal(shared_stamp) + cast(devices.c.revision, String)
    fetched = devices.c.fetched_stamp
    return fetched != current if stale else fetched.is_(None) | (fetched == current)

"""What phones leave behind by fetching, written for many phones at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Device, DeviceStatus, DeviceType, Event, MulticellRole, Origin
from provserver.store.device_rows import SEARCHED, device_of, index_device
from provserver.store.events import insert_event_rows, insert_events
from provserver.store.schema import assignments, devices
from provserver.store.seen import SET_BACK, Seen, Visit, note_times
from provserver.store.tokens import end_overlap
from provserver.store.types import micros_of
from provserver.store.usage import Span, open_spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A fetch that was answered.

    `model`, `firmware`: as the phone told, None where it did not. `vendor`, `type`: where it is of another than was
    thought; with `vendor`, there is no model and firmware but what is told here. `etag`, `stamp`, `base_url` belong
    to a fetch that `provisions`. `pin_address` binds the open window to this address if it is not bound yet;
    `close_window` closes it. `shown_token_hash`: of the secret that this phone has just shown for the first time, which
    ends that of before. `handsets`: (id, revision) of those that are in the file of a base; one that has changed
    since waits for the next. `known`: the phone has fetched this very file before, so only times and address are new.
    """

    device_id: str
    account_id: str
    at: datetime
    source_ip: str
    model: str | None = None
    firmware: str | None = None
    vendor: str | None = None
    type: DeviceType | None = None
    etag: str | None = None
    stamp: str | None = None
    base_url: str | None = None
    provisions: bool = False
    known: bool = False
    pin_address: str | None = None
    close_window: bool = False
    shown_token_hash: str | None = None
    handsets: tuple[tuple[str, int], ...] = ()
    event: Event

    @property
    def is_quiet(self) -> bool:
        """Whether it says nothing of the device but that it was here, as most contacts do."""
        return not (self.changes_device or self.firmware or self.pin_address) and (self.known or not self.provisions)

    @property
    def changes_device(self) -> bool:
        """Whether another file may follow from it, or another answer to the next request."""
        told = self.model or self.vendor or self.type
        return bool(told or self.close_window or self.shown_token_hash or self.handsets)


_HANDSETS_AT_ONCE = 100  # a system may have a thousand, and other phones are served between two turns


async def write_contacts(conn: AsyncConnection, contacts: Sequence[Contact], seen: Sequence[Seen] = ()) -> set[str]:
    """Store contacts with their events; returns the ids of the devices that became provisioned by them.

    A later contact of a device wins, and one that is older than what is stored moves nothing back. Contacts of a device
    that is gone leave their event alone. `revision` stays: the stamp of a contact was made with its model.
    """
    await insert_events(conn, [contact.event for contact in contacts])
    await insert_event_rows(conn, [one.event_row() for one in seen])
    telling = {contact.device_id for contact in contacts if not contact.is_quiet}
    provisioned = await _change(conn, [contact for contact in contacts if contact.device_id in telling])
    # After the news: those of a phone that was seen once more meanwhile would be none any more.
    quiet = (contact for contact in contacts if contact.device_id not in telling)
    await note_times(conn, chain((one.visit() for one in seen), map(_visit, quiet)))
    return provisioned


def _visit(contact: Contact) -> Visit:
    return Visit(micros_of(contact.at), contact.device_id, contact.source_ip, contact.provisions)


async def _change(conn: AsyncConnection, contacts: Sequence[Contact]) -> set[str]:
    """What contacts have to tell of devices; returns the ids of those that became provisioned."""
    if not contacts:
        return set()
    before = await _devices(conn, {contact.device_id for contact in contacts})
    after = dict(before)
    for contact in sorted(contacts, key=lambda contact: contact.at):
        if contact.device_id in after:
            after[contact.device_id] = _contacted(after[contact.device_id], contact)
    changes = {device_id: _difference(before[device_id], device) for device_id, device in after.items()}
    await _update(conn, changes)
    for device_id, changed in changes.items():
        if SEARCHED & changed.keys():
            await index_device(conn, after[device_id])
    provisioned = {device_id for device_id, changed in changes.items() if "status" in changed}
    await _count_users(conn, {one.id: one.last_provisioned_at for one in map(after.__getitem__, provisioned)})
    for contact in contacts:
        await _provision_handsets(conn, contact)
        if contact.shown_token_hash:
            await end_overlap(conn, contact.device_id, contact.shown_token_hash)
    return provisioned


async def _provision_handsets(conn: AsyncConnection, contact: Contact) -> None:
    """The handsets that a base has just fetched in their present form are provisioned."""
    for start in range(0, len(contact.handsets), _HANDSETS_AT_ONCE):
        told = dict(contact.handsets[start : start + _HANDSETS_AT_ONCE])
        column = devices.c
        waiting = select(column.id, column.revision).where(
            column.id.in_(told), column.status == DeviceStatus.PENDING_SYNC
        )
        done = [row.id for row in await conn.execute(waiting) if row.revision == told[row.id]]
        if done:
            values = {"status": DeviceStatus.PROVISIONED, "last_provisioned_at": contact.at}
            await conn.execute(update(devices).where(column.id.in_(done)).values(values))
            await _count_users(conn, dict.fromkeys(done, contact.at))


def _is_news(at: datetime, stored: datetime | None) -> bool:
    """Whether something of `at` says more than what is stored."""
    return stored is None or at >= stored or stored - at > SET_BACK


def _contacted(device: Device, contact: Contact) -> Device:
    changes: dict[str, Any] = {}
    if _is_news(contact.at, device.last_seen_at):
        changes |= _told(device, contact)
        changes |= {"last_seen_at": contact.at, "current_ip_address": contact.source_ip}
    if contact.provisions:
        changes |= _provisioned(device, contact)
    if contact.close_window:
        changes |= {"window_until": None, "window_address": None}
    elif contact.pin_address and device.window_until and device.window_address is None:
        changes["window_address"] = contact.pin_address
    return replace(device, **changes)


def _told(device: Device, contact: Contact) -> dict[str, Any]:
    """What the phone told of itself, but for what somebody has named since it was served."""
    told: dict[str, Any] = {"model": contact.model, "firmware_version": contact.firmware}
    if contact.vendor is None:
        told = {name: value for name, value in told.items() if value is not None}
    elif device.vendor_source is Origin.NAMED:
        return {}
    else:
        told |= {"vendor": contact.vendor, "vendor_source": Origin.USER_AGENT}
    if contact.type is None or device.type_source is Origin.NAMED:
        return told
    role = MulticellRole.SINGLE if contact.type is DeviceType.DECT_BASE else None
    return told | {"type": contact.type, "type_source": Origin.USER_AGENT, "multicell_role": role}


def _provisioned(device: Device, contact: Contact) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if _is_news(contact.at, device.last_provisioned_at):
        changes = {
            "last_provisioned_at": contact.at,
            "fetched_stamp": contact.stamp,
            "fetched_etag": contact.etag,
            "fetched_base_url": contact.base_url,
        }
    if device.status is DeviceStatus.PENDING_SYNC:
        changes["status"] = DeviceStatus.PROVISIONED
    return changes


def _difference(before: Device, after: Device) -> dict[str, Any]:
    # Naming a column in an UPDATE makes the database rewrite its indexes, so only what differs is named.
    names = (column.name for column in devices.c if hasattr(after, column.name))
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}


async def _devices(conn: AsyncConnection, device_ids: Iterable[str]) -> dict[str, Device]:
    # In the order of ids, so that two writers that lock rows do not wait for each other in a circle.
    statement = select(devices).where(devices.c.id.in_(device_ids)).order_by(devices.c.id).with_for_update()
    found = (device_of(row) for row in (await conn.execute(statement)).mappings())
    return {device.id: device for device in found}


async def _update(conn: AsyncConnection, changes: dict[str, dict[str, Any]]) -> None:
    """One statement for all devices in which the same columns change."""
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for device_id, changed in changes.items():
        if changed:
            shapes.setdefault(tuple(changed), []).append({"changed_id": device_id, **changed})
    statement = update(devices).where(devices.c.id == bindparam("changed_id"))
    for rows in shapes.values():
        await conn.execute(statement, rows)


async def _count_users(conn: AsyncConnection, since: Mapping[str, datetime | None]) -> None:
    """Users on devices (by id) that have just become provisioned count as used from then on."""
    if not since:
        return
    rows = await conn.execute(select(assignments).where(assignments.c.device_id.in_(since)))
    spans = [
        Span(account_id=row.account_id, user_id=row.user_id, device_id=row.device_id, started_at=started_at)
        for row in rows
        if (started_at := since[row.device_id])
    ]
    await open_spans(conn, spans)

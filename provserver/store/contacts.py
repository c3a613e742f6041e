"""Writes what phone fetches leave behind, for many phones at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import DeviceStatus, DeviceType, Event, MulticellRole, Origin
from provserver.store.device_rows import INDEXED, SEARCHED, index_devices
from provserver.store.events import insert_event_rows, insert_events
from provserver.store.fetches import FetchRecord
from provserver.store.prepared import execute_all, fetch_rows
from provserver.store.repeat_contacts import SET_BACK, RepeatContact, Visit, note_times
from provserver.store.schema import devices
from provserver.store.tokens import end_overlap
from provserver.store.types import micros_of
from provserver.store.usage import open_spans_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An answered fetch.

    - `model`, `firmware`: as reported by the phone, None if it did not
    - `vendor`, `type`: set if they differ from the record; with `vendor`, model and firmware replace the recorded ones
    - `etag`, `stamp`, `base_url`: of the file, if it is the device's configuration (`provisions`)
    - `known`: the phone has fetched this very file before, so only times and address change
    - `pin_address`: bind the open provisioning window to this address, unless it is bound already
    - `close_window`: close the window
    - `shown_token_hash`: hash of the new secret, used for the first time; it invalidates the previous one
    - `handsets`: (id, revision) of the handsets in a base's file; one with a newer revision stays pending
    - `detected`: event for a model, vendor or type that differs from the record
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
    detected: Event | None = None
    event: Event

    @property
    def is_quiet(self) -> bool:
        """Whether it changes nothing but times and address, as most contacts do."""
        return not (self.changes_device or self.firmware or self.pin_address) and (self.known or not self.provisions)

    @property
    def changes_device(self) -> bool:
        """Whether later files or answers may depend on it."""
        told = self.model or self.vendor or self.type
        return bool(told or self.close_window or self.shown_token_hash or self.handsets)


_TOLD = (
    *("type", "type_source", "multicell_role", "vendor", "vendor_source", "model", "firmware_version", "status"),
    *("last_seen_at", "current_ip_address", "last_provisioned_at", "fetched_stamp", "fetched_etag", "fetched_base_url"),
    *("window_until", "window_address"),
)
_LASTING = tuple(name for name in INDEXED if name not in ("id", *_TOLD))
# Ordered by id, so that two writers that lock rows cannot deadlock.
_STATES = (
    select(devices.c.id, *(devices.c[name] for name in (*_TOLD, *_LASTING)))
    .where(devices.c.id.in_(bindparam("contacted", expanding=True)))
    .order_by(devices.c.id)
    .with_for_update()
)
_WINDOWS = (
    select(devices.c.id, devices.c.window_until, devices.c.window_address)
    .where(devices.c.id.in_(bindparam("contacted", expanding=True)))
    .order_by(devices.c.id)
    .with_for_update()
)
_UPDATE = update(devices).where(devices.c.id == bindparam("changed_id"))
_State = dict[str, Any]  # the columns of a device that contacts can change, and the other indexed ones
_HANDSETS_AT_ONCE = 100  # a system may have a thousand; smaller batches let other phones be served in between


async def which_are_outrun(conn: AsyncConnection, contacts: Sequence[Contact]) -> set[str]:
    """Which contacts would bind a window that meanwhile belongs to another address or is closed, by event id.

    Only one of two addresses that arrive at once may have the window, so it is decided in this transaction rather than
    when the phone was authenticated. Nothing may be written for the other.
    """
    binding = [contact for contact in contacts if contact.pin_address]
    if not binding:
        return set()
    rows = await fetch_rows(conn, _WINDOWS, {"contacted": [contact.device_id for contact in binding]})
    owners = {device_id: address for device_id, until, address in rows if until}
    outrun = set()
    for contact in binding:
        address = contact.pin_address
        if contact.device_id not in owners or owners[contact.device_id] not in (None, address):
            outrun.add(contact.event.id)
        else:
            owners[contact.device_id] = address
    return outrun


async def write_contacts(
    conn: AsyncConnection, contacts: Sequence[Contact], seen: Sequence[RepeatContact] = ()
) -> set[str]:
    """Store contacts with their events; returns the ids of the devices that became provisioned.

    The latest contact of a device wins, and an older one never moves a stored time back. Contacts of a deleted device
    leave only their events. `revision` does not change, because the contact's stamp was computed with its model.
    """
    told = [(contact.detected, contact.event) for contact in contacts]
    await insert_events(conn, [event for both in told for event in both if event])
    await insert_event_rows(conn, [one.event_row() for one in seen])
    telling = {contact.device_id for contact in contacts if not contact.is_quiet}
    provisioned = await _change(conn, [contact for contact in contacts if contact.device_id in telling])
    # After the changes: a repeat of the same phone with a later time would make them look outdated.
    quiet = (contact for contact in contacts if contact.device_id not in telling)
    await note_times(conn, chain((one.visit() for one in seen), map(_visit, quiet)))
    return provisioned


def record_after(record: FetchRecord, contact: Contact) -> FetchRecord:
    """The record after applying a contact."""
    state = {name: getattr(record.device, name) for name in _TOLD}
    _tell(state, contact)
    if contact.shown_token_hash is None or contact.shown_token_hash != record.token_hash:
        return replace(record, device=replace(record.device, **state))
    device = replace(record.device, **state, has_two_secrets=False)
    return replace(record, device=device, previous_token_hash=None, previous_token_sealed=None)


def _visit(contact: Contact) -> Visit:
    return Visit(micros_of(contact.at), contact.device_id, contact.source_ip, contact.provisions)


async def _change(conn: AsyncConnection, contacts: Sequence[Contact]) -> set[str]:
    """Apply what contacts report about devices; returns the ids of those that became provisioned."""
    if not contacts:
        return set()
    before = await _states(conn, {contact.device_id for contact in contacts})
    after = {device_id: dict(state) for device_id, state in before.items()}
    for contact in sorted(contacts, key=lambda contact: contact.at):
        if state := after.get(contact.device_id):
            _tell(state, contact)
    # Only changed columns are named: naming a column in an UPDATE makes the database rewrite its indexes.
    changes = {
        device_id: {name: value for name, value in state.items() if value != before[device_id][name]}
        for device_id, state in after.items()
    }
    await _update(conn, changes)
    renamed = [device_id for device_id, changed in changes.items() if SEARCHED & changed.keys()]
    if renamed:
        await index_devices(conn, [{"id": device_id, **after[device_id]} for device_id in renamed])
    provisioned = {device_id for device_id, changed in changes.items() if "status" in changed}
    accounts = {contact.account_id for contact in contacts if contact.device_id in provisioned}
    await open_spans_of(conn, provisioned, accounts)
    for contact in contacts:
        await _provision_handsets(conn, contact)
        if contact.shown_token_hash:
            await end_overlap(conn, contact.device_id, contact.shown_token_hash)
    return provisioned


async def _provision_handsets(conn: AsyncConnection, contact: Contact) -> None:
    """Mark the handsets as provisioned whose present revision the base has just fetched."""
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
            await open_spans_of(conn, done, {contact.account_id})


def _is_news(at: datetime, stored: datetime | None) -> bool:
    """Whether a report from `at` is newer than what is stored."""
    return stored is None or at >= stored or stored - at > SET_BACK


def _tell(state: _State, contact: Contact) -> None:
    """Apply `contact` to `state`."""
    if _is_news(contact.at, state["last_seen_at"]):
        state |= _told(state, contact)
        state |= {"last_seen_at": contact.at, "current_ip_address": contact.source_ip}
    if contact.provisions:
        _tell_of_file(state, contact)
    if contact.close_window:
        state |= {"window_until": None, "window_address": None}
    elif contact.pin_address and state["window_until"] and state["window_address"] is None:
        state["window_address"] = contact.pin_address


def _told(state: _State, contact: Contact) -> dict[str, Any]:
    """What the phone reported about itself, except what somebody has set explicitly since."""
    told: dict[str, Any] = {"model": contact.model, "firmware_version": contact.firmware}
    if contact.vendor is None:
        told = {name: value for name, value in told.items() if value is not None}
    elif state["vendor_source"] == Origin.NAMED:
        return {}
    else:
        told |= {"vendor": contact.vendor, "vendor_source": Origin.USER_AGENT}
    if contact.type is None or state["type_source"] == Origin.NAMED:
        return told
    role = MulticellRole.SINGLE if contact.type is DeviceType.DECT_BASE else None
    return told | {"type": contact.type, "type_source": Origin.USER_AGENT, "multicell_role": role}


def _tell_of_file(state: _State, contact: Contact) -> None:
    if _is_news(contact.at, state["last_provisioned_at"]):
        state |= {
            "last_provisioned_at": contact.at,
            "fetched_stamp": contact.stamp,
            "fetched_etag": contact.etag,
            "fetched_base_url": contact.base_url,
        }
    if state["status"] == DeviceStatus.PENDING_SYNC:
        state["status"] = DeviceStatus.PROVISIONED


async def _states(conn: AsyncConnection, device_ids: Collection[str]) -> dict[str, _State]:
    rows = await fetch_rows(conn, _STATES, {"contacted": list(device_ids)})
    return {device_id: dict(zip((*_TOLD, *_LASTING), told, strict=True)) for device_id, *told in rows}


async def _update(conn: AsyncConnection, changes: dict[str, dict[str, Any]]) -> None:
    """One statement per set of columns that changes."""
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for device_id, changed in changes.items():
        if changed:
            shapes.setdefault(tuple(changed), []).append({"changed_id": device_id, **changed})
    for rows in shapes.values():
        await execute_all(conn, _UPDATE, rows)

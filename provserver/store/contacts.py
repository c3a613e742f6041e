"""What phones leave behind by fetching, written for many phones at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import DeviceStatus, DeviceType, Event, MulticellRole, Origin
from provserver.store.device_rows import INDEXED, SEARCHED, index_devices
from provserver.store.events import insert_event_rows, insert_events
from provserver.store.repeat_contacts import SET_BACK, RepeatContact, Visit, note_times
from provserver.store.schema import devices
from provserver.store.tokens import end_overlap
from provserver.store.types import micros_of
from provserver.store.usage import open_spans_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A fetch that was answered.

    `model`, `firmware`: as the phone told, None where it did not. `vendor`, `type`: where it is of another than was
    thought; with `vendor`, there is no model and firmware but what is told here. `etag`, `stamp`, `base_url` belong
    to a fetch that `provisions`. `pin_address` binds the open window to this address if it is not bound yet;
    `close_window` closes it. `shown_token_hash`: of the secret that this phone has just shown for the first time, which
    ends that of before. `handsets`: (id, revision) of those that are in the file of a base; one that has changed
    since waits for the next. `known`: the phone has fetched this very file before, so only times and address are new.
    `detected`: that the phone is another than was thought.
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
        """Whether it says nothing of the device but that it was here, as most contacts do."""
        return not (self.changes_device or self.firmware or self.pin_address) and (self.known or not self.provisions)

    @property
    def changes_device(self) -> bool:
        """Whether another file may follow from it, or another answer to the next request."""
        told = self.model or self.vendor or self.type
        return bool(told or self.close_window or self.shown_token_hash or self.handsets)


_TOLD = (
    *("type", "type_source", "multicell_role", "vendor", "vendor_source", "model", "firmware_version", "status"),
    *("last_seen_at", "current_ip_address", "last_provisioned_at", "fetched_stamp", "fetched_etag", "fetched_base_url"),
    *("window_until", "window_address"),
)
_LASTING = tuple(name for name in INDEXED if name not in ("id", *_TOLD))
# In the order of ids, so that two writers that lock rows do not wait for each other in a circle.
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
_State = dict[str, Any]  # of a device: what contacts can change, and what else it is found by
_HANDSETS_AT_ONCE = 100  # a system may have a thousand, and other phones are served between two turns


async def which_are_outrun(conn: AsyncConnection, contacts: Sequence[Contact]) -> set[str]:
    """Which of them would bind a window that is another address's by now, or closed, by the ids of their events.

    Of two addresses that come at once only one may have the window, so this is decided here, and not where the phone
    was let in. Nothing of the other may be written.
    """
    binding = [contact for contact in contacts if contact.pin_address]
    if not binding:
        return set()
    rows = await conn.execute(_WINDOWS, {"contacted": [contact.device_id for contact in binding]})
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
    """Store contacts with their events; returns the ids of the devices that became provisioned by them.

    A later contact of a device wins, and one that is older than what is stored moves nothing back. Contacts of a device
    that is gone leave their event alone. `revision` stays: the stamp of a contact was made with its model.
    """
    told = [(contact.detected, contact.event) for contact in contacts]
    await insert_events(conn, [event for both in told for event in both if event])
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
    before = await _states(conn, {contact.device_id for contact in contacts})
    after = {device_id: dict(state) for device_id, state in before.items()}
    for contact in sorted(contacts, key=lambda contact: contact.at):
        if state := after.get(contact.device_id):
            _tell(state, contact)
    # Naming a column in an UPDATE makes the database rewrite its indexes, so only what differs is named.
    changes = {
        device_id: {name: value for name, value in state.items() if value != before[device_id][name]}
        for device_id, state in after.items()
    }
    await _update(conn, changes)
    renamed = [device_id for device_id, changed in changes.items() if SEARCHED & changed.keys()]
    if renamed:
        await index_devices(conn, [{"id": device_id, **after[device_id]} for device_id in renamed])
    provisioned = {device_id for device_id, changed in changes.items() if "status" in changed}
    await open_spans_of(conn, provisioned)
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
            await open_spans_of(conn, done)


def _is_news(at: datetime, stored: datetime | None) -> bool:
    """Whether something of `at` says more than what is stored."""
    return stored is None or at >= stored or stored - at > SET_BACK


def _tell(state: _State, contact: Contact) -> None:
    """Put into `state` what `contact` says."""
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
    """What the phone told of itself, but for what somebody has named since it was served."""
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
    rows = await conn.execute(_STATES, {"contacted": list(device_ids)})
    return {device_id: dict(zip((*_TOLD, *_LASTING), told, strict=True)) for device_id, *told in rows}


async def _update(conn: AsyncConnection, changes: dict[str, dict[str, Any]]) -> None:
    """One statement for all devices in which the same columns change."""
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for device_id, changed in changes.items():
        if changed:
            shapes.setdefault(tuple(changed), []).append({"changed_id": device_id, **changed})
    for rows in shapes.values():
        await conn.execute(_UPDATE, rows)

"""Devices: creation, lookup, deletion, arming. Updates are in `device_updates`, views in `device_views`."""

from dataclasses import replace
from datetime import timedelta

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import ID_PREFIXES, Device, DeviceStatus, DeviceType, MulticellRole
from provserver.domain.errors import Conflict, Impossible, NotFound
from provserver.services import audit
from provserver.services.buttons.button_templates import check_binding
from provserver.services.buttons.button_views import inherited_template
from provserver.services.change import Change
from provserver.services.dect import multicell, slots
from provserver.services.devices.classification import Kind, Wish, classify
from provserver.services.paging import Page, PageRequest
from provserver.services.settings import layers
from provserver.store import accounts, device_lists, devices, unknown_devices
from provserver.store import dect as store_dect
from provserver.store.database import Connection
from provserver.store.device_lists import DeviceFilter
from provserver.store.sealing import Sealer

__all__ = ["DeviceFilter", "arm", "create", "delete", "get", "list_devices", "spelled"]


async def create(change: Change, catalogue: Catalogue, window: timedelta, account_id: str, wish: Wish) -> Device:
    """Create a device. One with a MAC gets a secret, and its provisioning window is opened for `window`.

    Raises `Invalid` like `classify`, `Conflict` with code `mac_address_taken`, `ipei_taken`, `base_full`, `system_full`
    or `chain_id_taken`, `NotFound` for a referenced object, and `Impossible`.
    """
    kind = classify(catalogue, wish)
    if kind.type is DeviceType.DECT_HANDSET:
        device = await _handset(change, catalogue, account_id, wish, kind.vendor)
    else:
        device = await _fetching(change, window, account_id, wish, kind)
        multicell.check_model(catalogue, device)
    device = await _with_buttons(change, catalogue, device, wish.button_template_id)
    await devices.insert_device(change.conn, change.sealer, device)
    if device.type is DeviceType.DECT_BASE:
        await multicell.settle(change, catalogue, None, device)
    if device.mac is not None:
        await unknown_devices.forget_unknown(change.conn, device.mac)
    if wish.overrides:
        await layers.patch_own_layer(change, catalogue, device, wish.overrides)
    await layers.check_vendor_fits(change, catalogue, device)
    await audit.note_device(change, device, "created")
    await audit.record(change, "device.created", device.id, account_id=account_id, after=audit.snapshot(device))
    return device


async def _fetching(change: Change, window: timedelta, account_id: str, wish: Wish, kind: Kind) -> Device:
    """A device that fetches files itself: a desk phone or a base."""
    role = (wish.multicell_role or MulticellRole.SINGLE) if kind.type is DeviceType.DECT_BASE else None
    wanted = wish.data_master_id
    return Device(
        id=change.sources.new_id(ID_PREFIXES[kind.type]),
        account_id=account_id,
        type=kind.type,
        mac=wish.mac,
        name=wish.name,
        location=wish.location,
        vendor=kind.vendor,
        vendor_source=wish.vendor_source,
        type_source=wish.type_source,
        model=kind.model,
        multicell_role=role,
        data_master_id=await multicell.data_master_for(change, account_id, role, wanted, vendor=kind.vendor),
        chain_id=await multicell.chain_id_for(change, account_id, role, wish.chain_id),
        token=change.sources.token(),
        accepted_proofs=wish.accepted_proofs,
        window_until=change.at + window,
        created_at=change.at,
        updated_at=change.at,
    )


async def _with_buttons(change: Change, catalogue: Catalogue, device: Device, wanted: str | None) -> Device:
    """Bind the device to the requested template, else to the account's default if compatible."""
    if wanted is not None:
        await check_binding(change, device.account_id, wanted, "button_template")
        return replace(device, button_template_id=wanted)
    account = await accounts.get_account(change.conn, device.account_id)
    default = account.default_button_template_id if account else None
    return replace(device, button_template_id=await inherited_template(change.conn, catalogue, device, default))


async def _handset(change: Change, catalogue: Catalogue, account_id: str, wish: Wish, vendor: str | None) -> Device:
    base = await slots.base_for_handset(change, account_id, wish.base_id) if wish.base_id else None
    if vendor is None and base is not None:
        vendor = base.vendor
    return Device(
        id=change.sources.new_id(ID_PREFIXES[DeviceType.DECT_HANDSET]),
        account_id=account_id,
        type=DeviceType.DECT_HANDSET,
        ipei=wish.ipei,
        base_id=base.id if base else None,
        slot_number=await slots.free_slot(change, catalogue, base) if base else None,
        status=DeviceStatus.PENDING_SYNC if base else DeviceStatus.UNPAIRED,
        name=wish.name,
        vendor=vendor,
        model=wish.model,
        created_at=change.at,
        updated_at=change.at,
    )


async def get(
    conn: Connection, sealer: Sealer, account_id: str, device_id: str, kind: DeviceType | None = None
) -> Device:
    """The device, of the given type if any. Raises `NotFound`."""
    device = await devices.get_device(conn, sealer, account_id, device_id)
    if device is None or (kind is not None and device.type is not kind):
        raise NotFound("there is no such device" if kind is None else f"there is no such {kind.value}")
    return device


async def list_devices(conn: Connection, account_id: str, chosen: DeviceFilter, request: PageRequest) -> Page[Device]:
    """A page of the account's devices, newest first."""
    return await device_lists.list_devices(conn, account_id, chosen, request)


def spelled(catalogue: Catalogue, chosen: DeviceFilter) -> DeviceFilter:
    """The filter with vendor and model in their stored spelling."""
    vendor = catalogue.vendor_named(chosen.vendor)
    dialects = catalogue.dialects_of(vendor)
    model = next((name for one in dialects if (name := one.model_named(chosen.model))), chosen.model)
    return replace(chosen, vendor=vendor or chosen.vendor, model=model)


async def delete(change: Change, device: Device, *, cascade: bool = False) -> None:
    """Delete a device with its assignments; a base with its handsets; with `cascade` a whole multicell system.

    Raises `Conflict` with code `base_in_use` for a data master with secondaries, without `cascade`.
    """
    secondaries = await device_lists.secondaries_of(change.conn, device.id)
    if secondaries and not cascade:
        text = f"{len(secondaries)} secondary bases belong to this one; cascade=true deletes the whole system"
        raise Conflict(text, code="base_in_use")
    for base in await device_lists.devices_by_id(change.conn, secondaries):
        await _delete(change, base)
    await _delete(change, device)


async def _delete(change: Change, device: Device) -> None:
    handsets = (await device_lists.handsets_of_bases(change.conn, [device.id]))[device.id]
    if device.data_master_id:
        await store_dect.bump_system(change.conn, device.data_master_id)
    await devices.delete_device(change.conn, device.account_id, device.id, at=change.at)
    for gone in (device, *handsets):
        await audit.note_device(change, gone, "deleted")
        await audit.record(change, "device.deleted", gone.id, account_id=gone.account_id, before=audit.snapshot(gone))


async def arm(change: Change, device: Device, window: timedelta) -> Device:
    """Open the provisioning window again, not pinned to an address. Raises `Impossible` for a handset."""
    if device.mac is None:
        raise Impossible("a handset fetches nothing; arm its base", code="arm_the_base")
    until = change.at + window
    await devices.open_window(change.conn, device.id, until=until)
    await audit.note_device(change, device, "armed", until=until.isoformat().replace("+00:00", "Z"))
    await audit.record(change, "device.armed", device.id, account_id=device.account_id)
    return await get(change.conn, change.sealer, device.account_id, device.id)

"""Updates of devices: which changes are allowed, and their consequences."""

from collections.abc import Mapping
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device, DeviceStatus, DeviceType, MulticellRole, Origin
from provserver.domain.errors import Impossible, Invalid
from provserver.services import audit
from provserver.services.buttons.button_templates import check_binding
from provserver.services.change import Change
from provserver.services.dect import multicell, slots
from provserver.services.dect.numbering import renumber
from provserver.services.dect.promotion import is_promotion, promote
from provserver.services.devices.classification import configurable_model, unsupported
from provserver.services.devices.devices import get
from provserver.services.devices.tokens import check_provable
from provserver.services.settings import layers
from provserver.store import devices
from provserver.store.revisions import bump_device

_SPELLED = {"mac": "mac_address", "button_template_id": "button_template"}
_PLAIN = ("name", "location", "ipei", "accepted_proofs", "button_template_id")
_ONLY_OF = {
    "mac": (DeviceType.DESKPHONE, DeviceType.DECT_BASE),
    "location": (DeviceType.DESKPHONE, DeviceType.DECT_BASE),
    "accepted_proofs": (DeviceType.DESKPHONE, DeviceType.DECT_BASE),
    "ipei": (DeviceType.DECT_HANDSET,),
    "base_id": (DeviceType.DECT_HANDSET,),
    "multicell_role": (DeviceType.DECT_BASE,),
    "data_master_id": (DeviceType.DECT_BASE,),
    "chain_id": (DeviceType.DECT_BASE,),
}


async def update(change: Change, catalogue: Catalogue, device: Device, wished: Mapping[str, Any]) -> Device:
    """Update a device by field names of `Device` (and `overrides`, a merge patch); None clears a field.

    Raises `Invalid` for a field that cannot change or does not belong to this type, `NotFound` for a referenced object,
    `Conflict`, `Impossible`, or `CannotCarry`.
    """
    _check_fields(device, wished)
    if is_promotion(device, wished):
        device = await promote(change, catalogue, device)
    changes = {name: wished[name] for name in _PLAIN if name in wished}
    await check_binding(change, device.account_id, changes.get("button_template_id"), "button_template")
    changes |= _status(device, wished)
    changes |= _vendor_and_model(catalogue, device, wished)
    changes |= _sources(device, wished)
    changes |= await _system(change, device, {**wished, **changes})
    changes |= await _place(change, catalogue, device, wished)
    changes = {name: value for name, value in changes.items() if getattr(device, name) != value}
    before, after = audit.snapshot(device), device
    if changes:
        await devices.update_device(change.conn, change.sealer, device.account_id, device.id, at=change.at, **changes)
        after = await get(change.conn, change.sealer, device.account_id, device.id)
        await _follow(change, catalogue, device, after, changes)
    shown = {**audit.snapshot(after)}
    if "overrides" in wished and (layer := await layers.patch_own_layer(change, catalogue, after, wished["overrides"])):
        before["overrides"], shown["overrides"] = layer
        changes["overrides"] = None
    if "accepted_proofs" in changes or "vendor" in changes:
        check_provable(catalogue, after, after.accepted_proofs)
    if not changes:
        return device
    await devices.update_device(change.conn, change.sealer, device.account_id, device.id, at=change.at)
    await audit.note_device(change, after, "updated", fields=sorted(_SPELLED.get(name, name) for name in changes))
    await audit.record(change, "device.updated", device.id, account_id=device.account_id, before=before, after=shown)
    return await get(change.conn, change.sealer, device.account_id, device.id)


async def _follow(
    change: Change, catalogue: Catalogue, before: Device, after: Device, changes: Mapping[str, Any]
) -> None:
    """Apply the consequences of a change to related objects."""
    if after.type is DeviceType.DECT_BASE and changes.keys() & {"multicell_role", "data_master_id", "chain_id"}:
        await multicell.settle(change, catalogue, before, after)
    multicell.check_model(catalogue, after)
    if "base_id" in changes:
        await renumber(change, catalogue, after)
    if "status" in changes and after.base_id:
        # Otherwise the base's next fetch would not mark it as provisioned again
        await bump_device(change.conn, after.id)
    if changes.keys() & {"vendor", "base_id"}:
        await layers.check_vendor_fits(change, catalogue, after)


def _check_fields(device: Device, wished: Mapping[str, Any]) -> None:
    for name in ("type", "mac"):
        if name in wished and wished[name] != getattr(device, name):
            raise _invalid(_SPELLED.get(name, name), "cannot be changed; delete the device and create another")
    for name, kinds in _ONLY_OF.items():
        if wished.get(name) is not None and device.type not in kinds:
            raise _invalid(_SPELLED.get(name, name), f"is not a field of a {device.type.value}")
    if "ipei" in wished and wished["ipei"] is None and device.type is DeviceType.DECT_HANDSET:
        raise _invalid("ipei", "cannot be cleared: a handset is known by it")


def _status(device: Device, wished: Mapping[str, Any]) -> dict[str, Any]:
    wanted = wished.get("status", device.status)
    if wanted == device.status:
        return {}
    if wanted != DeviceStatus.PENDING_SYNC:
        raise _invalid("status", "can only be set to pending-sync; the rest follows from what the phone does")
    if device.status is DeviceStatus.UNPAIRED:
        raise Impossible(
            "a handset without a base stays unpaired", code="handset_unpaired", details={"status": "has no base"}
        )
    return {"status": DeviceStatus.PENDING_SYNC}


def _vendor_and_model(catalogue: Catalogue, device: Device, wished: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    vendor = device.vendor
    if "vendor" in wished:
        by_mac = catalogue.by_mac(device.mac.bare) if device.mac else None
        vendor = catalogue.vendor_named(wished["vendor"]) if wished["vendor"] else by_mac.vendor if by_mac else None
        if vendor is None and (wished["vendor"] is not None or device.mac):
            raise unsupported(catalogue, "vendor", "is not a vendor known here")
        changes["vendor"] = vendor
        if vendor != device.vendor:
            # what another vendor's phone reported does not apply to this one
            changes |= {"model": None, "firmware_version": None}
    if "model" in wished:
        named = vendor is not None and device.type is not DeviceType.DECT_HANDSET
        changes["model"] = (
            configurable_model(catalogue, vendor, device.type, wished["model"]) if named and vendor else wished["model"]
        )
    return changes


def _sources(device: Device, wished: Mapping[str, Any]) -> dict[str, Any]:
    """Naming a vendor, a model or raw parameters fixes the vendor; clearing the vendor makes it open again."""
    changes: dict[str, Any] = {}
    if "vendor" in wished and device.mac:
        changes["vendor_source"] = Origin.NAMED if wished["vendor"] else Origin.MAC_ADDRESS
    if wished.get("model") or (wished.get("overrides") or {}).get("vendor_overrides"):
        changes["vendor_source"] = Origin.NAMED
    if any(wished.get(name) for name in ("type", "model", "multicell_role", "data_master_id", "chain_id")):
        changes["type_source"] = Origin.NAMED
    return changes


async def _system(change: Change, device: Device, wished: Mapping[str, Any]) -> dict[str, Any]:
    """Role, data master and chain id of a base."""
    asked = {"multicell_role", "data_master_id", "chain_id"} & wished.keys()
    if device.type is not DeviceType.DECT_BASE or not asked:
        return {}
    role = wished.get("multicell_role", device.multicell_role) or MulticellRole.SINGLE
    if role is not device.multicell_role:
        await multicell.check_role_change(change, device, role)
    current = None if "chain_id" in wished else device.chain_id
    chain_id = wished.get("chain_id")
    if chain_id != device.chain_id or role is not device.multicell_role:
        chain_id = await multicell.chain_id_for(change, device.account_id, role, chain_id, current)
    place = {"multicell_role": role, "chain_id": chain_id}
    if "data_master_id" in wished and wished["data_master_id"] is None:
        return {**place, "data_master_id": None}
    kept = device.data_master_id if role is MulticellRole.SECONDARY else None
    told = {"wanted": wished.get("data_master_id", kept), "vendor": wished.get("vendor", device.vendor)}
    master = await multicell.data_master_for(change, device.account_id, role, own_id=device.id, **told)
    return {**place, "data_master_id": master}


async def _place(change: Change, catalogue: Catalogue, device: Device, wished: Mapping[str, Any]) -> dict[str, Any]:
    """Base and slot of a handset. If it moves, it is pending until its new base has fetched."""
    if device.type is not DeviceType.DECT_HANDSET or wished.get("base_id", device.base_id) == device.base_id:
        return {}
    if wished["base_id"] is None:
        return {"base_id": None, "slot_number": None, "status": DeviceStatus.UNPAIRED}
    base = await slots.base_for_handset(change, device.account_id, wished["base_id"])
    slot = await slots.free_slot(change, catalogue, base)
    changes = {"base_id": base.id, "slot_number": slot, "status": DeviceStatus.PENDING_SYNC}
    return changes if device.vendor else {**changes, "vendor": base.vendor}


def _invalid(field: str, reason: str) -> Invalid:
    return Invalid(f"{field} {reason}", details={field: reason})

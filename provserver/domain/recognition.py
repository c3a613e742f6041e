"""What a device is, as its phone tells: as far as its record leaves that open. Pure, and nothing here is proven yet."""

from dataclasses import replace

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device, DeviceType, MulticellRole, Origin
from provserver.domain.identify import Claim


def recognised(device: Device, claim: Claim, catalogue: Catalogue) -> Device | None:
    """The device with what its phone has just told of itself; None where the phone is of a vendor that it cannot be.

    One block of MAC addresses may hold phones of several vendors, and of one vendor both desk phones and DECT bases.
    What was only guessed from the MAC gives way to the User-Agent; what somebody has named stays.
    """
    told = claim.agent.vendor if claim.agent else None
    if told and device.vendor and told != device.vendor:
        if device.mac is None or not catalogue.may_share(device.mac.bare, told, device.vendor):
            return None
        if device.vendor_source is not Origin.NAMED:
            device = replace(device, vendor=told, vendor_source=Origin.USER_AGENT, model=None, firmware_version=None)
    return _as_its_model(_with_told_model(device, claim, catalogue), catalogue)


def _with_told_model(device: Device, claim: Claim, catalogue: Catalogue) -> Device:
    """With model and firmware.

    A phone that calls itself another vendor's than the record says has a model of this one only where this one has a
    model of that name.
    """
    model = claim.told_model(device.vendor)
    foreign = claim.agent is not None and claim.agent.vendor != device.vendor
    if foreign and not any(dialect.model_named(model) for dialect in catalogue.dialects_of(device.vendor)):
        model = None
    firmware = claim.agent.firmware if claim.agent else None
    return replace(device, model=model or device.model, firmware_version=firmware or device.firmware_version)


def _as_its_model(device: Device, catalogue: Catalogue) -> Device:
    """Of the type of its model; of one that its vendor has, where that has no such devices at all."""
    if device.type_source is Origin.NAMED:
        return device
    dialects = catalogue.dialects_of(device.vendor)
    by_model = next((one.type for one in dialects if one.model_named(device.model)), None)
    possible = [one.type for one in dialects]
    kind = by_model or (device.type if device.type in possible else next(iter(possible), device.type))
    if kind is device.type:
        return device
    role = MulticellRole.SINGLE if kind is DeviceType.DECT_BASE else None
    return replace(device, type=kind, type_source=Origin.USER_AGENT, multicell_role=role)

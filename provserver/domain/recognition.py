"""Updates what is known about a device from its request, unless set explicitly. Pure; runs before authentication."""

from dataclasses import replace

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device, DeviceType, MulticellRole, Origin
from provserver.domain.identify import Claim


def recognised(device: Device, claim: Claim, catalogue: Catalogue) -> Device | None:
    """The device with what its phone reports about itself; None if that phone's vendor contradicts the device.

    One block of MAC addresses may be used by several vendors, or by one vendor for both desk phones and DECT bases.
    What was only derived from the MAC is replaced by the User-Agent; what somebody has set explicitly stays.
    """
    told = claim.agent.vendor if claim.agent else None
    if told and device.vendor and told != device.vendor:
        if device.mac is None or not catalogue.may_share(device.mac.bare, told, device.vendor):
            return None
        if device.vendor_source is not Origin.NAMED:
            device = replace(device, vendor=told, vendor_source=Origin.USER_AGENT, model=None, firmware_version=None)
    return _as_its_model(_with_told_model(device, claim, catalogue), catalogue)


def _with_told_model(device: Device, claim: Claim, catalogue: Catalogue) -> Device:
    """Add model and firmware.

    If the User-Agent is another vendor's, the model only counts if the recorded vendor has one of that name.
    """
    model = claim.told_model(device.vendor)
    foreign = claim.agent is not None and claim.agent.vendor != device.vendor
    if foreign and not any(dialect.model_named(model) for dialect in catalogue.dialects_of(device.vendor)):
        model = None
    firmware = claim.agent.firmware if claim.agent else None
    model, firmware = model or device.model, firmware or device.firmware_version
    if (model, firmware) == (device.model, device.firmware_version):
        return device
    return replace(device, model=model, firmware_version=firmware)


def _as_its_model(device: Device, catalogue: Catalogue) -> Device:
    """Set the type of the model; if the model is unknown, a type that the vendor makes."""
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

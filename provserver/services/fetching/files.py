"""Lists the files that a device will request, with the names it uses."""

from collections.abc import Iterator
from dataclasses import dataclass

from provserver.domain.device import Device
from provserver.domain.file_rules import FileRule
from provserver.services.settings.effective import EffectiveDevice


@dataclass(frozen=True, slots=True)
class AskedFile:
    """A file by the name the phone asks for. One that is not `served` is answered 404 on purpose.

    `pairing`: how handsets get onto the base whose file this is, where it does not know them by their IPEI.
    """

    name: str
    rule: FileRule
    served: bool
    pairing: str | None = None


def files_of(effective: EffectiveDevice) -> Iterator[AskedFile]:
    """The files of this device, in boot order (the order of the vendor file)."""
    device = effective.device
    if device.mac is None:
        return
    pairing = _pairing(effective)
    for rule, name in effective.vendor.rules_for(device.model):
        spelled = device.mac.spelled_in(name)
        yield AskedFile(spelled, rule, is_served(rule, device), pairing)


def files_of_handset(effective: EffectiveDevice) -> Iterator[AskedFile]:
    """The files of a base that contain its handsets."""
    return (file for file in files_of(effective) if file.rule.provisions and file.served)


def is_served(rule: FileRule, device: Device) -> bool:
    """Whether this device gets this file. Some secondary bases get all they need from their data master."""
    return rule.template is not None and (not rule.roles or device.multicell_role in rule.roles)


def _pairing(effective: EffectiveDevice) -> str | None:
    """What the vendor file says of it as a whole, else why it cannot tell a base of this model the IPEI."""
    vendor, device = effective.vendor, effective.device
    mappings = vendor.settings.get("handset.ipei", ())
    fitting = [one for one in mappings if vendor.applies(one, device.model, device.multicell_role)]
    return vendor.pairing or next((one.unsupported for one in fitting if one.unsupported), None)

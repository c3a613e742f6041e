"""Which files a phone will ask for, as it spells them."""

from collections.abc import Iterator
from dataclasses import dataclass

from provserver.domain.vendor import FileRule
from provserver.services.effective import EffectiveDevice


@dataclass(frozen=True, slots=True)
class AskedFile:
    """A file by the name the phone asks for; one whose rule has no template is answered 404 on purpose."""

    name: str
    rule: FileRule


def files_of(effective: EffectiveDevice) -> Iterator[AskedFile]:
    """The files of this device, in the vendor file's order, which is the order of boot."""
    device = effective.device
    if device.mac is None:
        return
    for rule, name in effective.vendor.rules_for(device.model):
        yield AskedFile(name.replace("{mac}", device.mac.bare).replace("{MAC}", device.mac.upper), rule)

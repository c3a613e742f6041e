"""What a device's file is made from besides its layers: lines; for a base also handsets and the bases of its system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from provserver.domain.buttons import ButtonRows, Person
from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.domain.layers import Layer, Resolved, resolve
from provserver.domain.lines import Cell, PairedHandset, Repeated, base_lines, line_of
from provserver.domain.occupants import Assigned
from provserver.store.buttons import rows_of
from provserver.store.database import Connection
from provserver.store.dect import bases_of_system, handsets_of_base
from provserver.store.occupants import occupants_of, occupants_of_base
from provserver.store.sealing import Sealer


@dataclass(frozen=True, slots=True)
class PlacedHandset:
    """A handset on a base, with its layer document."""

    device: Device
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """The lines of a device or of a base's handsets, those handsets, the bases of its system, and its buttons."""

    assigned: Sequence[Assigned] = ()
    handsets: Sequence[PlacedHandset] = ()
    bases: Sequence[Device] = ()
    buttons: ButtonRows = field(default_factory=ButtonRows)

    @property
    def size(self) -> int:
        """How many there are of all."""
        keys = self.buttons
        return sum(map(len, (self.assigned, self.handsets, self.bases, keys.template, keys.overrides)))

    @property
    def handset_revisions(self) -> tuple[tuple[str, int], ...]:
        """(id, revision) of every handset, as contained in the file."""
        return tuple((handset.device.id, handset.device.revision) for handset in self.handsets)

    @property
    def button_rows(self) -> ButtonRows:
        """The buttons, with the users of the device's own lines added to those they refer to."""
        if not self.buttons.template and not self.buttons.overrides:
            return self.buttons
        own = {user.id: Person.of(user) for _, user in self.assigned}
        return replace(self.buttons, people={**self.buttons.people, **own})


async def read_parts(conn: Connection, sealer: Sealer, device: Device) -> Parts:
    """Read the parts: two queries for a desk phone, up to four for a base."""
    keys = await rows_of(conn, device)
    if device.type is not DeviceType.DECT_BASE:
        return Parts(await occupants_of(conn, sealer, device.id), buttons=keys)
    master = device.data_master_id if device.multicell_role is MulticellRole.SECONDARY else device.id
    in_system = device.multicell_role is not MulticellRole.SINGLE and master is not None
    bases = await bases_of_system(conn, master) if in_system and master else []
    if device.multicell_role is MulticellRole.SECONDARY:
        return Parts(bases=bases, buttons=keys)
    records = await handsets_of_base(conn, device.id)
    handsets = [
        PlacedHandset(record.device, sealer.open_json(record.sealed_layer) if record.sealed_layer else {})
        for record in records
    ]
    return Parts(await occupants_of_base(conn, sealer, device.id), handsets, bases, keys)


def repeated_of(device: Device, parts: Parts, layers: Sequence[Layer], resolved: Resolved) -> Repeated:
    """The repeating parts of the device's file. Pure."""
    if device.type is not DeviceType.DECT_BASE:
        values = {path: effective.value for path, effective in resolved.settings.items()}
        return Repeated(tuple(line_of(assignment, user, values) for assignment, user in parts.assigned))
    lines: dict[str, list[Assigned]] = {}
    for assignment, user in parts.assigned:
        lines.setdefault(assignment.device_id, []).append((assignment, user))
    paired = [
        PairedHandset(
            slot=handset.device.slot_number or 0,
            ipei=handset.device.ipei or "",
            name=handset.device.name,
            assigned=lines.get(handset.device.id, []),
            resolved=_own(layers, handset),
        )
        for handset in parts.handsets
    ]
    role = device.multicell_role or MulticellRole.SINGLE
    base = base_lines(paired, resolved) if role is not MulticellRole.SECONDARY else Repeated()
    cells = tuple(
        Cell(number, base.mac, base.multicell_role or MulticellRole.SINGLE)
        for number, base in enumerate(parts.bases, start=1)
        if base.mac
    )
    chain_id = next((base.chain_id for base in parts.bases if base.chain_id), None)
    paired_at = max((int(handset.device.created_at.timestamp()) for handset in parts.handsets), default=None)
    return Repeated(base.lines, base.handsets, base.servers, cells, role, chain_id, paired_at)


def _own(layers: Sequence[Layer], handset: PlacedHandset) -> Resolved | None:
    """The settings with this handset's overrides; None if it has none."""
    abstractions = handset.document.get("abstractions")
    return resolve([*layers, Layer("handset", abstractions)]) if abstractions else None


def handset_parameters(parts: Parts) -> Sequence[Layer]:
    """The handsets' raw parameters as layers on top of the base's own, by slot."""
    return [
        Layer("handset", {}, handset.document["vendor_overrides"])
        for handset in parts.handsets
        if handset.document.get("vendor_overrides")
    ]

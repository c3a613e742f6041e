"""The effective buttons of devices, and the compatibility of templates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from provserver.domain.buttons import ButtonRows, ButtonTemplate, Reason, Surroundings, effective_buttons
from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device
from provserver.domain.errors import Impossible
from provserver.domain.vendor import Vendor
from provserver.rendering.buttons import PlacedButton, place_buttons
from provserver.services.paging import Page, PageRequest
from provserver.services.settings.effective import Configurations
from provserver.store.button_templates import pick_templates
from provserver.store.buttons import rows_of, rows_of_owners
from provserver.store.database import Connection

_MISFITS = (Reason.VENDOR_DOES_NOT_SUPPORT_TYPE, Reason.POSITION_OUT_OF_RANGE)
"""Reasons caused by the hardware. The others can be fixed by an assignment or a setting."""


Fitting = tuple[ButtonTemplate, tuple[PlacedButton, ...]]


@dataclass(frozen=True, slots=True)
class KeyedDevice:
    """A device with what its buttons depend on."""

    device: Device
    vendor: Vendor
    rows: ButtonRows
    around: Surroundings

    @property
    def max_position(self) -> int | None:
        """The highest position of its model; None if unknown."""
        return self.vendor.key_layout(self.device.model).max_position

    def buttons(self) -> tuple[PlacedButton, ...]:
        """Its effective buttons, by position."""
        return self._placed(self.rows)

    def with_template(self, rows: ButtonRows) -> tuple[PlacedButton, ...]:
        """The effective buttons if it were bound to the template with these rows."""
        return self._placed(replace(self.rows, template=rows.template, people={**self.rows.people, **rows.people}))

    def _placed(self, rows: ButtonRows) -> tuple[PlacedButton, ...]:
        layout = self.vendor.key_layout(self.device.model)
        buttons = effective_buttons(rows.template, rows.overrides, self.around.lines, layout)
        around = replace(self.around, people={**self.around.people, **rows.people})
        return place_buttons(self.vendor, self.device.model, buttons, around).buttons


async def keyed_device(conn: Connection, configurations: Configurations, device: Device) -> KeyedDevice:
    """The context for a device of any type. Raises `NotFound`, or `Impossible` with code `vendor_unknown`."""
    vendor = configurations.catalogue.dialect_of(device)
    if vendor is None:
        raise Impossible("nothing is known of its keys while its vendor is not known", code="vendor_unknown")
    if vendor.buttons is None:
        rows = await rows_of(conn, device)
        return KeyedDevice(device, vendor, rows, Surroundings((), rows.people, {}))
    found = await configurations.ingredients_in(conn, device.account_id, device.id)
    effective, rows = found.composed(), found.parts.button_rows
    settings = {path: one.value for path, one in effective.resolved.settings.items()}
    around = Surroundings(effective.translation.rendered_lines, rows.people, settings)
    return KeyedDevice(device, vendor, rows, around)


async def rows_of_templates(conn: Connection, templates: Iterable[ButtonTemplate]) -> dict[str, ButtonRows]:
    """The buttons of each template that has any."""
    return await rows_of_owners(conn, [template.id for template in templates])


async def compatible_templates(conn: Connection, keyed: KeyedDevice, request: PageRequest) -> Page[Fitting]:
    """A page of the templates with at least one button that works on the device, newest first, with the result.

    A page may be shorter than its limit, or empty, and still have a next one: see `pick_templates`.
    """
    if keyed.max_position == 0:
        return Page([], None, None)

    async def fitting(some: Sequence[ButtonTemplate]) -> dict[str, Fitting]:
        rows = await rows_of_templates(conn, some)
        placed = [(template, keyed.with_template(rows.get(template.id, ButtonRows()))) for template in some]
        return {one[0].id: one for one in placed if _works([key for key in one[1] if key.button.template_button])}

    return await pick_templates(conn, keyed.device.account_id, request, fitting)


def _works(placed: Sequence[PlacedButton]) -> bool:
    """Whether at least one button works; a template without buttons is fine."""
    return not placed or any(one.reason not in _MISFITS for one in placed)


async def inherited_template(
    conn: Connection, catalogue: Catalogue, device: Device, template_id: str | None
) -> str | None:
    """The default template, if at least one of its buttons works on the new device; else None."""
    vendor = catalogue.dialect_of(device)
    if template_id is None or vendor is None or vendor.key_layout(device.model).max_position == 0:
        return None
    rows = (await rows_of_owners(conn, [template_id])).get(template_id, ButtonRows())
    around = Surroundings((), rows.people, {})
    placed = KeyedDevice(device, vendor, rows, around).buttons()
    return template_id if _works(placed) else None

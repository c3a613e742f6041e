"""The places a parameter can belong to: each line, handset, server and base of a device, and the device itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provserver.domain.layers import Resolved
from provserver.domain.lines import Handset, Item, Line, Repeated
from provserver.domain.mac import Mac
from provserver.domain.vendor import Vendor
from provserver.rendering.converters import Clock, Scope, Service
from provserver.rendering.converters.views import ServiceView, ZoneView, service_of

View = ZoneView | ServiceView | None
Place = tuple[int | None, View]
"""A line number, or None for the device itself, with what converters can see there."""
Places = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """A line, handset, server, base or the device itself, with precomputed data.

    `places`: its placeholder values. `values`: the values it provides. `resolved`: the settings that apply to it.
    """

    places: Mapping[str, str]
    values: Mapping[str, Any]
    resolved: Resolved
    scope: Scope
    line: int | None = None
    slot: int | None = None


class Owners:
    """All owners of a device. `settings`: the values of `resolved` by path.

    `has_plain_lines`: its lines differ from those of other phones by nothing but their `numbers` and values.
    """

    def __init__(
        self,
        vendor: Vendor,
        resolved: Resolved,
        settings: Mapping[str, Any],
        repeated: Repeated,
        mac: Mac,
        at: datetime,
    ) -> None:
        self._vendor, self._mac, self._at = vendor, mac, at
        self._resolved, self._settings, self._repeated = resolved, settings, repeated
        self.device = Owner({}, {}, resolved, Scope(settings, {}, mac, vendor.tables, at))
        self.has_plain_lines = all(line.slot is None and line.resolved is None for line in repeated.lines)
        self.numbers = tuple(line.number for line in repeated.lines)
        self._of: dict[str | None, tuple[Owner, ...]] = {None: (self.device,)}
        self._places: dict[type, Places] = {}

    def of(self, group: str | None) -> tuple[Owner, ...]:
        """The owners that a parameter of this group repeats for; the device itself if `group` is None."""
        if group not in self._of:
            self._of[group] = tuple(map(self._spot, getattr(self._repeated, group or "")))
        return self._of[group]

    def plain_lines(self, group: str | None) -> tuple[int | None, ...] | None:
        """The line numbers of the group, if all its owners are plain; else None."""
        if group is None:
            return (None,)
        return self.numbers if group == "lines" and self.has_plain_lines else None

    def places(self, looks_at: type) -> Places:
        """All lines, with what a converter of this kind can depend on; empty if they are not plain."""
        if not self.has_plain_lines:
            return ()
        if looks_at not in self._places:
            lines = self._repeated.lines
            views = [service_of(self._settings, line.values) if looks_at is Service else None for line in lines]
            self._places[looks_at] = tuple(zip(self.numbers, views, strict=True))
        return self._places[looks_at]

    def view(self, looks_at: type, value: Any) -> View:
        """What a converter of this kind can depend on, for a value of the device itself."""
        if looks_at is Clock:
            return ZoneView(self.device.scope.zone(value), self._vendor.tables)
        return service_of(self._settings, {}) if looks_at is Service else None

    def _spot(self, item: Item) -> Owner:
        resolved, settings = self._resolved, self._settings
        if item.resolved:
            resolved = item.resolved
            settings = {path: effective.value for path, effective in resolved.settings.items()}
        slot = item.slot if isinstance(item, Line | Handset) else None
        line = item.number if isinstance(item, Line) else None
        values = item.values
        scope = Scope(settings, values, self._mac, self._vendor.tables, self._at)
        return Owner(item.places, values, resolved, scope, line, slot)

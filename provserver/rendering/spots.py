"""The places a parameter can belong to: each line, handset, server and base of a device, and the device itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provserver.domain.layers import Resolved
from provserver.domain.lines import Handset, Item, Line, Repeated
from provserver.domain.mac import Mac
from provserver.domain.vendor import Vendor
from provserver.rendering.converters import Scope

GROUPS = ("lines", "handsets", "servers", "cells")


@dataclass(frozen=True, slots=True)
class Spot:
    """A line, handset, server, base or the device itself, with precomputed data.

    `places`: its placeholder values. `values`: the values it provides. `resolved`: the settings that apply to it.
    `is_plain`: it differs from those of other phones by nothing but its number.
    """

    places: Mapping[str, str]
    values: Mapping[str, Any]
    resolved: Resolved
    scope: Scope
    line: int | None = None
    slot: int | None = None
    is_plain: bool = False


class Spots:
    """All spots of a device. `settings`: the values of `resolved` by path."""

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
        self._resolved, self._settings = resolved, settings
        self.device = Spot({}, {}, resolved, Scope(settings, {}, mac, vendor.tables, at), is_plain=True)
        self._of: dict[str | None, tuple[Spot, ...]] = {None: (self.device,)}
        for group in GROUPS:
            self._of[group] = tuple(map(self._spot, getattr(repeated, group)))
        self._plain = {
            group: tuple(spot.line for spot in spots)
            for group, spots in self._of.items()
            if group in (None, "lines") and all(spot.is_plain for spot in spots)
        }

    def of(self, group: str | None) -> tuple[Spot, ...]:
        """The spots that a parameter of this group repeats for; the device itself if `group` is None."""
        return self._of[group]

    def plain_lines(self, group: str | None) -> tuple[int | None, ...] | None:
        """The line numbers of the group, if all its spots are plain; else None."""
        return self._plain.get(group)

    def _spot(self, item: Item) -> Spot:
        resolved, settings = self._resolved, self._settings
        if item.resolved:
            resolved = item.resolved
            settings = {path: effective.value for path, effective in resolved.settings.items()}
        slot = item.slot if isinstance(item, Line | Handset) else None
        values = item.values
        scope = Scope(settings, values, self._mac, self._vendor.tables, self._at)
        if isinstance(item, Line):
            is_plain = slot is None and item.resolved is None
            return Spot(item.places, values, resolved, scope, item.number, slot, is_plain)
        return Spot(item.places, values, resolved, scope, slot=slot)

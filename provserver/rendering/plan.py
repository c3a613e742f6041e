"""The parts of a vendor file that apply to one model and role, worked out once and shared by all such phones."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from provserver.domain.device import MulticellRole
from provserver.domain.mappings import Constant
from provserver.domain.mappings import Mapping as SettingMapping
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import DECT_VALUES, LINE_VALUES, SECRETS, SETTINGS, VOCABULARY
from provserver.rendering.converters import LOOKS_AT, Clock, Scope, Tables
from provserver.rendering.parameters import holds_secret
from provserver.rendering.placeholders import knows_line_alone, knows_number_alone, names_of, repeating_group

_TIMEZONE = "regional.timezone"
_SHARED_BY_LINES = frozenset({"line.number", "line.domain", "line.server"})
"""Line values that are common to many phones; the others belong to one user."""

NO_KEYS = "these devices have no programmable keys"
NOT_ON_SECONDARIES = "a secondary base does not get it; its data master does"


@dataclass(frozen=True, slots=True, eq=False)
class Writing:
    """A mapping of the setting `path` that applies here.

    `group`: what its parameters repeat for. `is_named_by_line`: their names have no placeholder but the line number.
    `looks_at`: what they depend on beside the value and the line number: `Tables` (nothing), `Clock`, `Service`, or
    `Scope` (anything).
    """

    vendor: Vendor
    path: str
    mapping: SettingMapping
    group: str | None
    secret: bool
    is_named_by_line: bool
    looks_at: type


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """A constant that applies here. `group` as in `Writing`. `follows`.

    It depends on nothing but a line or slot number.
    """

    vendor: Vendor
    constant: Constant
    group: str | None
    follows: bool


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What the vendor file says about one setting: `reasons` why it is not (fully) supported, and what is written.

    `follows_from`: everything depends on the value, which is not secret, on this, and, if `by_lines`, on the line
    numbers, so it can be cached across phones; None if it cannot. `spelled_plainly`: the only writing of a line value
    that is written as it is.
    """

    reasons: tuple[str, ...]
    writings: tuple[Writing, ...]
    follows_from: type | None
    by_lines: bool
    spelled_plainly: Writing | None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A vendor file reduced to one model and role."""

    vendor: Vendor
    model_name: str | None
    role: MulticellRole | None
    constants: tuple[Fixed, ...]
    unused_lines: tuple[Fixed, ...]
    unused_slots: tuple[Fixed, ...]
    _said: dict[str, Said] = field(default_factory=dict)

    def said_of(self, path: str) -> Said:
        """What the vendor file says about a setting, or about a value of lines and handsets."""
        if path not in self._said:
            self._said[path] = self._read(path)
        return self._said[path]

    def _read(self, path: str) -> Said:
        reasons = []
        if path in SETTINGS and path not in VOCABULARY and self.vendor.buttons is None:
            reasons.append(self.vendor.no_buttons or NO_KEYS)
        mappings = self.vendor.settings.get(path, ())
        fitting = [one for one in mappings if self.vendor.applies(one, self.model_name, self.role)]
        if mappings and not fitting:
            reasons.append(self._why_not(mappings))
        return _said(self.vendor, path, reasons, fitting)

    def _why_not(self, mappings: Sequence[SettingMapping]) -> str:
        role = self.role
        if role is not None and all(mapping.roles and role not in mapping.roles for mapping in mappings):
            return NOT_ON_SECONDARIES if role is MulticellRole.SECONDARY else f"a {role.value} base does not get it"
        return f"{self.model_name or 'a model not known yet'} does not have it"


def plan_of(vendor: Vendor, model_name: str | None, role: MulticellRole | None) -> Plan:
    """The plan for this model and role, cached with the vendor file."""
    plan: Plan | None = vendor.worked_out.get((model_name, role))
    if plan is None or plan.vendor is not vendor:
        constants, lines, slots = (
            tuple(_fixed(vendor, one) for one in some if vendor.applies(one, model_name, role))
            for some in (vendor.constants, vendor.unused_lines, vendor.unused_slots)
        )
        plan = vendor.worked_out[model_name, role] = Plan(vendor, model_name, role, constants, lines, slots)
    return plan


def _said(vendor: Vendor, path: str, reasons: Sequence[str], fitting: Sequence[SettingMapping]) -> Said:
    """Shared by all models with equal mappings and reasons."""
    key = path, *reasons, *map(id, fitting)
    said: Said | None = vendor.worked_out.get(key)
    if said is None or any(writing.vendor is not vendor for writing in said.writings):
        writings = tuple(_writing(vendor, path, mapping) for mapping in fitting)
        by_lines, follows_from = any(one.group == "lines" for one in writings), _follows_from(path, writings)
        said = Said(tuple(reasons), writings, follows_from, by_lines, _plain(path, writings))
        vendor.worked_out[key] = said
    return said


def _writing(vendor: Vendor, path: str, mapping: SettingMapping) -> Writing:
    names = list(names_of(mapping))
    group = next((found for name in names if (found := repeating_group(name))), None)
    secret = holds_secret(path, mapping)
    named = all(map(knows_line_alone, (*names, *mapping.attributes.values())))
    looks_at = LOOKS_AT[mapping.convert] if mapping.convert else Tables
    return Writing(vendor, path, mapping, group, secret, named, looks_at)


def _follows_from(path: str, writings: Sequence[Writing]) -> type | None:
    """The scope that all of these depend on besides their value, if that can be shared by phones; else None."""
    is_shared = path in _SHARED_BY_LINES if path in LINE_VALUES or path in DECT_VALUES else path not in SECRETS
    seen = {writing.looks_at for writing in writings} - {Tables}
    if not is_shared or len(seen) > 1 or not all(writing.is_named_by_line for writing in writings):
        return None
    found = seen.pop() if seen else Tables
    is_clock = path == _TIMEZONE and not any(writing.group for writing in writings)
    return None if found is Scope or (found is Clock and not is_clock) else found


def _plain(path: str, writings: Sequence[Writing]) -> Writing | None:
    only = writings[0] if len(writings) == 1 and path in LINE_VALUES else None
    if only is None or not only.is_named_by_line or only.group != "lines":
        return None
    mapping = only.mapping
    return only if mapping.to and mapping.convert is None and mapping.values is None else None


def _fixed(vendor: Vendor, constant: Constant) -> Fixed:
    texts = (constant.to, constant.value, *constant.attributes.values())
    return Fixed(vendor, constant, repeating_group(constant.to), all(map(knows_number_alone, texts)))

"""Effective settings -> the parameters of a vendor's file, with what cannot be expressed named. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from provserver.domain.buttons import ButtonRows, Surroundings, effective_buttons
from provserver.domain.device import MulticellRole
from provserver.domain.layers import Resolved
from provserver.domain.lines import Item, Line, Repeated
from provserver.domain.mac import Mac
from provserver.domain.mappings import Constant, ListSpelling
from provserver.domain.mappings import Mapping as SettingMapping
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import DECT_VALUES, LINE_VALUES, SETTINGS, VOCABULARY
from provserver.rendering.buttons import Keys, PlacedButton, place_buttons
from provserver.rendering.converters import CONVERTERS, Inexpressible, Scope
from provserver.rendering.parameters import (
    LISTED,
    Parameter,
    holds_secret,
    is_secret,
    known_sections,
    pattern_name,
    spell_raw,
)
from provserver.rendering.places import names_of, placed, repeating_group

NO_KEYS = "these devices have no programmable keys"
_NOT_ON_SECONDARIES = "a secondary base does not get it; its data master does"
_VALUES_OF = {"line": "lines", "handset": "handsets", "server": "servers", "cell": "cells"}


@dataclass(slots=True)
class Outcome:
    """What became of one setting: its parameters, or the reasons why (some of) it cannot be expressed."""

    parameters: list[Parameter] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    carried_by: str | None = None
    withheld: bool = False

    @property
    def supported(self) -> bool:
        """Whether all of it reached the file."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Translation:
    """All parameters in their order, what became of each setting and button, and the lines beyond the model."""

    parameters: tuple[Parameter, ...]
    outcomes: Mapping[str, Outcome]
    repeated: Repeated
    lines_not_rendered: tuple[int, ...]
    buttons: tuple[PlacedButton, ...] = ()

    @property
    def rendered_lines(self) -> tuple[Line, ...]:
        """The lines that are in the file."""
        return self.repeated.lines


def translate(
    vendor: Vendor,
    model_name: str | None,
    resolved: Resolved,
    repeated: Repeated,
    mac: Mac,
    rows: ButtonRows | None = None,
) -> Translation:
    """Translate for one device. Lines beyond what the model can show are left out and named."""
    limit = vendor.model(model_name).lines
    shown = tuple(line for line in repeated.lines if limit is None or line.number <= limit)
    beyond = tuple(line.number for line in repeated.lines if line not in shown)
    work = _Translator(vendor, model_name, resolved, replace(repeated, lines=shown), mac, _values(resolved))
    outcomes = {path: work.outcome(path) for path in dict.fromkeys((*work.given, *resolved.settings, *work.apart))}
    _resolve_carried(outcomes)
    parameters = {parameter.identity: parameter for parameter in work.constants()}
    for path in vendor.settings:  # in the order of the vendor file, so that what belongs together stands together
        if path in outcomes:
            parameters.update((parameter.identity, parameter) for parameter in outcomes[path].parameters)
    keys = _keys(vendor, model_name, work, rows or ButtonRows())
    parameters |= {parameter.identity: parameter for parameter in keys.parameters}
    _override(parameters, outcomes, vendor, resolved)
    return Translation(tuple(parameters.values()), outcomes, work.repeated, beyond, keys.buttons)


def _keys(vendor: Vendor, model_name: str | None, work: "_Translator", rows: ButtonRows) -> Keys:
    """The buttons of the device on its keys."""
    lines = work.repeated.lines
    buttons = effective_buttons(rows.template, rows.overrides, lines, vendor.key_layout(model_name))
    return place_buttons(vendor, model_name, buttons, Surroundings(lines, rows.people, work.values))


def _values(resolved: Resolved) -> dict[str, Any]:
    return {path: effective.value for path, effective in resolved.settings.items()}


def _resolve_carried(outcomes: Mapping[str, Outcome]) -> None:
    """A setting that travels in another's parameter shares its parameters."""
    for outcome in outcomes.values():
        if outcome.carried_by and outcome.carried_by in outcomes:
            outcome.parameters = outcomes[outcome.carried_by].parameters


def _override(
    parameters: dict[str, Parameter], outcomes: Mapping[str, Outcome], vendor: Vendor, resolved: Resolved
) -> None:
    """Raw parameters come last: they replace what a setting became, or join the file."""
    sections = known_sections(vendor) if resolved.vendor_overrides else {}
    for identity, effective in resolved.vendor_overrides.items():
        under = parameters.get(identity)
        section = sections.get(pattern_name(identity), "settings")
        raw = Parameter(identity, spell_raw(effective.value, vendor), section=section)
        parameters[identity] = replace(
            replace(under, value=raw.value) if under else raw,
            layer=effective.layer,
            secret=is_secret(identity, vendor),
        )
        if under and under.setting and under.setting in outcomes:
            outcomes[under.setting].reasons.append(f"{identity} is set by vendor_overrides of {effective.layer}")


@dataclass(frozen=True, slots=True)
class _Translator:
    vendor: Vendor
    model_name: str | None
    resolved: Resolved
    repeated: Repeated
    mac: Mac
    values: Mapping[str, Any]
    places: dict[int, Mapping[str, str]] = field(default_factory=dict)

    def places_of(self, item: Item | None) -> Mapping[str, str]:
        """What stands for a line, handset, server or base in names; put together once for each."""
        if item is None:
            return {}
        if id(item) not in self.places:
            self.places[id(item)] = item.places
        return self.places[id(item)]

    @property
    def given(self) -> Iterable[str]:
        """The values that come from lines, handsets and the system, not from layers."""
        return LINE_VALUES if self.repeated.role is None else (*LINE_VALUES, *DECT_VALUES)

    @property
    def apart(self) -> Iterable[str]:
        """The settings that some handset has for itself."""
        own = {id(item.resolved): item.resolved for item in self.repeated.handsets if item.resolved}
        return dict.fromkeys(path for resolved in own.values() for path in resolved.settings)

    def outcome(self, path: str) -> Outcome:
        """What becomes of the setting (or given value) `path`."""
        outcome = Outcome()
        if path in DECT_VALUES and not any(self._given(path)):
            return outcome
        if path in SETTINGS and path not in VOCABULARY and self.vendor.buttons is None:
            outcome.reasons.append(self.vendor.no_buttons or NO_KEYS)
        mappings = self.vendor.settings.get(path, ())
        fitting = [one for one in mappings if self.vendor.applies(one, self.model_name, self.repeated.role)]
        if mappings and not fitting:
            outcome.reasons.append(self._why_not(mappings))
        for mapping in fitting:
            self._apply(path, mapping, outcome)
        if outcome.withheld:
            outcome.parameters.clear()
        return outcome

    def _why_not(self, mappings: Sequence[SettingMapping]) -> str:
        role = self.repeated.role
        if role is not None and all(mapping.roles and role not in mapping.roles for mapping in mappings):
            return _NOT_ON_SECONDARIES if role is MulticellRole.SECONDARY else f"a {role.value} base does not get it"
        return f"{self.model_name or 'a model not known yet'} does not have it"

    def _apply(self, path: str, mapping: SettingMapping, outcome: Outcome) -> None:
        if mapping.unsupported:
            outcome.reasons.append(mapping.unsupported)
        elif mapping.carried_by:
            outcome.carried_by = mapping.carried_by
        else:
            occurrences = list(self._occurrences(path, mapping))
            if not occurrences and self.repeated.role is MulticellRole.SECONDARY:
                outcome.reasons.append(_NOT_ON_SECONDARIES)
            for value, item in occurrences:
                try:
                    outcome.parameters.extend(self._parameters(path, mapping, value, item))
                except Inexpressible as error:
                    if str(error) not in outcome.reasons:
                        outcome.reasons.append(str(error))
                    outcome.withheld = outcome.withheld or mapping.whole
                if mapping.list:
                    self._report_unknown_items(mapping.list, value, outcome)

    def _occurrences(self, path: str, mapping: SettingMapping) -> Iterator[tuple[Any, Item | None]]:
        """The value once, or once for each line, handset, server or base where the parameter is one of those."""
        if path in LINE_VALUES or path in DECT_VALUES:
            yield from self._given(path)
            return
        for item in self._items(names_of(mapping)):
            value = (item.resolved if item and item.resolved else self.resolved).value(path)
            if value is not None:  # else only other handsets have it
                yield value, item

    def _given(self, path: str) -> Iterator[tuple[Any, Item | None]]:
        group = path.partition(".")[0]
        if group == "system":
            system = self.repeated.system_values
            yield from ((system[path], None) for _ in range(path in system))
        else:
            items: Iterable[Item] = getattr(self.repeated, _VALUES_OF[group])
            yield from ((item.values[path], item) for item in items if path in item.values)

    def _items(self, names: Iterable[str]) -> Iterable[Item | None]:
        """What a parameter of such a name repeats for; just once where nothing in it repeats."""
        for name in names:
            group = repeating_group(name)
            if group:
                items: Iterable[Item] = getattr(self.repeated, group)
                return items
        return (None,)

    def _parameters(self, path: str, mapping: SettingMapping, value: Any, item: Item | None) -> Iterator[Parameter]:
        effective = (item.resolved if item and item.resolved else self.resolved).settings.get(path)
        places = self.places_of(item)
        common: dict[str, Any] = {
            "section": mapping.section,
            "attributes": {key: placed(text, places) for key, text in mapping.attributes.items()},
            "setting": path,
            "layer": effective.layer if effective else "assignment",
            "line": item.number if isinstance(item, Line) else None,
            "slot": _slot(item),
            "secret": holds_secret(path, mapping),
        }
        for name, text in self._spelled(mapping, value, item):
            yield Parameter(self._identity(name, places), text, **common)

    def _identity(self, name: str, places: Mapping[str, str]) -> str:
        """The name with its places filled, those among them that only the vendor's list of names knows."""
        listed = LISTED.search(name) if ":" in name else None
        if listed:
            entries, number = self.vendor.names[listed["key"]], int(places[listed["place"]])
            if number > len(entries):
                kind = {"slot": "handset", "cell": "base"}.get(listed["place"], listed["place"])
                raise Inexpressible(f"there is no {kind} {number} on these devices")
            name = name.replace(listed[0], entries[number - 1])
        return placed(name, places)

    def _spelled(self, mapping: SettingMapping, value: Any, item: Item | None) -> Iterable[tuple[str, str]]:
        if mapping.list:
            return _spell_list(mapping.list, value)
        text = self._spell(mapping, value, item)
        return [(name, text) for name in mapping.to] if text is not None else []

    def _spell(self, mapping: SettingMapping, value: Any, item: Item | None) -> str | None:
        if mapping.convert:
            settings = _values(item.resolved) if item and item.resolved else self.values
            scope = Scope(settings, item.values if item else {}, self.mac, self.vendor.tables)
            return CONVERTERS[mapping.convert](value, scope, mapping.arguments)
        if mapping.values is not None:
            key = str(value).lower() if isinstance(value, bool) else str(value)
            if key not in mapping.values:
                raise Inexpressible(f"this vendor has no spelling for {key}")
            return mapping.values[key]
        return spell_raw(value, self.vendor)

    @staticmethod
    def _report_unknown_items(spelling: ListSpelling, value: Sequence[str], outcome: Outcome) -> None:
        for item in value:
            reason = f"this vendor has no {item}"
            if item not in spelling.names and reason not in outcome.reasons:
                outcome.reasons.append(reason)

    def constants(self) -> Iterator[Parameter]:
        """Parameters always written, repeated as their names say, and those that switch off what is not used."""
        for constant in self._fitting(self.vendor.constants):
            for item in self._items((constant.to,)):
                yield from self._constant(constant, self.places_of(item), item)
        if self.repeated.role is MulticellRole.SECONDARY:
            return  # lines and handsets reach it over the LAN, from its data master
        model = self.vendor.model(self.model_name)
        used = {line.number for line in self.repeated.lines}
        yield from self._unused(self.vendor.unused_lines, "line", model.lines, used)
        slots = {handset.slot for handset in self.repeated.handsets}
        yield from self._unused(self.vendor.unused_slots, "slot", model.handsets, slots)

    def _unused(
        self, constants: Iterable[Constant], place: str, limit: int | None, used: set[int]
    ) -> Iterator[Parameter]:
        free = [number for number in range(1, (limit or 0) + 1) if number not in used]
        for constant in self._fitting(constants):
            for number in free:
                yield from self._constant(constant, {place: str(number), f"{place}0": str(number - 1)}, None)

    def _fitting(self, constants: Iterable[Constant]) -> Iterator[Constant]:
        role = self.repeated.role
        return (constant for constant in constants if self.vendor.applies(constant, self.model_name, role))

    def _constant(self, constant: Constant, places: Mapping[str, str], item: Item | None) -> Iterator[Parameter]:
        try:
            identity = self._identity(constant.to, places)
        except Inexpressible:
            return  # beyond the last that has a name; the settings of that line, handset or server tell why
        yield Parameter(
            identity=identity,
            value=placed(constant.value, places).replace("{mac}", self.mac.bare),
            section=constant.section,
            attributes={key: placed(text, places) for key, text in constant.attributes.items()},
            layer="vendor",
            line=int(places["line"]) if "line" in places else None,
            slot=int(places["slot"]) if "slot" in places else _slot(item),
        )


def _slot(item: Item | None) -> int | None:
    return getattr(item, "slot", None)


def _spell_list(spelling: ListSpelling, items: Sequence[str]) -> Iterator[tuple[str, str]]:
    known = [spelling.names[item] for item in items if item in spelling.names]
    if not known:
        raise Inexpressible("this vendor has none of the items")
    if spelling.to:
        yield spelling.to, (spelling.join or ",").join((*known, *spelling.after))
    for position, name in enumerate(known, start=1):
        for parameter, value in spelling.chosen.items():
            spelled = value.replace("{position}", str(position)).replace("{falling}", str(256 - position))
            yield parameter.replace("{item}", name), spelled
    for name in dict.fromkeys(spelling.names.values()):
        if name not in known:
            yield from ((parameter.replace("{item}", name), value) for parameter, value in spelling.others.items())

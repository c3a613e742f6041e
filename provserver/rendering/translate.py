"""Effective settings -> the parameters of a vendor's file, with what cannot be expressed named. Pure.

A parameter is written in vendor files and in `vendor_overrides` as `name`, `name[index]` or `name#tag`; the tag only
tells two parameters of the same name apart and never reaches a file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from provserver.domain.layers import Resolved
from provserver.domain.lines import Line
from provserver.domain.mac import Mac
from provserver.domain.vendor import Constant, ListSpelling, Vendor
from provserver.domain.vendor import Mapping as SettingMapping
from provserver.domain.vocabulary import LINE_VALUES, SECRETS
from provserver.rendering.converters import CONVERTERS, Inexpressible, Scope

_IDENTITY = re.compile(r"(?P<name>[^\[#]+)(?:\[(?P<index>\d+|\{line0?\})\])?(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the file. `setting` and `layer` tell where its value is from; neither is in the file."""

    identity: str
    value: str
    section: str = "settings"
    attributes: Mapping[str, str] = field(default_factory=dict)
    setting: str | None = None
    layer: str | None = None
    line: int | None = None
    secret: bool = False

    @property
    def name(self) -> str:
        """The name alone."""
        return _split(self.identity)[0]

    @property
    def index(self) -> str | None:
        """The index in brackets, where there is one."""
        return _split(self.identity)[1]


@dataclass(slots=True)
class Outcome:
    """What became of one setting: its parameters, or the reasons why (some of) it cannot be expressed."""

    parameters: list[Parameter] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    carried_by: str | None = None

    @property
    def supported(self) -> bool:
        """Whether all of it reached the file."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Translation:
    """All parameters in their order, what became of each setting, and the lines beyond the model."""

    parameters: tuple[Parameter, ...]
    outcomes: Mapping[str, Outcome]
    rendered_lines: tuple[Line, ...]
    lines_not_rendered: tuple[int, ...]


def translate(
    vendor: Vendor, model_name: str | None, resolved: Resolved, lines: Sequence[Line], mac: Mac
) -> Translation:
    """Translate for one device. Lines beyond what the model can show are left out and named."""
    limit = vendor.model(model_name).lines
    shown = tuple(line for line in lines if limit is None or line.number <= limit)
    beyond = tuple(line.number for line in lines if line not in shown)
    values = {path: effective.value for path, effective in resolved.settings.items()}
    work = _Translator(vendor, model_name, resolved, shown, mac, values)
    outcomes = {path: work.outcome(path) for path in (*LINE_VALUES, *resolved.settings)}
    _resolve_carried(outcomes)
    parameters = {parameter.identity: parameter for parameter in work.constants()}
    for outcome in _in_file_order(vendor, outcomes):
        parameters |= {parameter.identity: parameter for parameter in outcome.parameters}
    _override(parameters, outcomes, vendor, resolved)
    return Translation(tuple(parameters.values()), outcomes, shown, beyond)


def spell_raw(value: Any, vendor: Vendor) -> str:
    """A raw value of `vendor_overrides` as text; true and false as this vendor spells them."""
    if isinstance(value, bool):
        return vendor.syntax.booleans["true" if value else "false"]
    return str(value)


def is_secret(identity: str, vendor: Vendor) -> bool:
    """Whether a raw parameter holds a secret: a secret setting becomes it, or the vendor file declares it."""
    wanted = _pattern_name(_split(identity)[0])
    declared = any(pattern.fullmatch(_split(identity)[0]) for pattern in vendor.secret_parameters)
    return declared or wanted in _secret_names(vendor)


def _secret_names(vendor: Vendor) -> set[str]:
    return {
        _pattern_name(_split(name)[0])
        for path, mappings in vendor.settings.items()
        for mapping in mappings
        for name in mapping.to
        if _holds_secret(path, mapping)
    }


def _holds_secret(path: str, mapping: SettingMapping) -> bool:
    """Whether the parameters hold the secret itself, not a fixed text that goes with it."""
    secret = path in SECRETS or (path in LINE_VALUES and LINE_VALUES[path].secret)
    return secret and mapping.convert != "fixed"


def _pattern_name(name: str) -> str:
    """A name with every place for a line, and every number, made the same."""
    return re.sub(r"\{line0?\}|\d+", "#", name)


def _split(identity: str) -> tuple[str, str | None]:
    match = _IDENTITY.fullmatch(identity)
    return (match["name"], match["index"]) if match else (identity, None)


def _in_file_order(vendor: Vendor, outcomes: Mapping[str, Outcome]) -> Iterator[Outcome]:
    """In the order of the vendor file, so that what belongs together stands together."""
    return (outcomes[path] for path in vendor.settings if path in outcomes)


def _resolve_carried(outcomes: Mapping[str, Outcome]) -> None:
    """A setting that travels in another's parameter shares its parameters."""
    for outcome in outcomes.values():
        if outcome.carried_by and outcome.carried_by in outcomes:
            outcome.parameters = outcomes[outcome.carried_by].parameters


def _override(
    parameters: dict[str, Parameter], outcomes: Mapping[str, Outcome], vendor: Vendor, resolved: Resolved
) -> None:
    """Raw parameters come last: they replace what a setting became, or join the file."""
    sections = {_pattern_name(_split(name)[0]): section for name, section in _known_sections(vendor)}
    for identity, effective in resolved.vendor_overrides.items():
        under = parameters.get(identity)
        name = _pattern_name(_split(identity)[0])
        raw = Parameter(identity, spell_raw(effective.value, vendor), section=sections.get(name, "settings"))
        parameters[identity] = replace(
            replace(under, value=raw.value) if under else raw,
            layer=effective.layer,
            secret=is_secret(identity, vendor),
        )
        if under and under.setting and under.setting in outcomes:
            outcomes[under.setting].reasons.append(f"{identity} is set by vendor_overrides of {effective.layer}")


def _known_sections(vendor: Vendor) -> Iterator[tuple[str, str]]:
    for mappings in vendor.settings.values():
        for mapping in mappings:
            yield from ((name, mapping.section) for name in mapping.to)
    for constant in (*vendor.constants, *vendor.unused_lines):
        yield constant.to, constant.section


@dataclass(frozen=True, slots=True)
class _Translator:
    vendor: Vendor
    model_name: str | None
    resolved: Resolved
    lines: tuple[Line, ...]
    mac: Mac
    values: Mapping[str, Any]

    def outcome(self, path: str) -> Outcome:
        """What becomes of the setting (or line value) `path`."""
        outcome = Outcome()
        mappings = self.vendor.settings.get(path, ())
        fitting = [mapping for mapping in mappings if self.vendor.applies(mapping, self.model_name)]
        if mappings and not fitting:
            outcome.reasons.append(f"{self.model_name or 'a model not known yet'} does not have it")
        for mapping in fitting:
            self._apply(path, mapping, outcome)
        return outcome

    def _apply(self, path: str, mapping: SettingMapping, outcome: Outcome) -> None:
        if mapping.unsupported:
            outcome.reasons.append(mapping.unsupported)
        elif mapping.carried_by:
            outcome.carried_by = mapping.carried_by
        else:
            for value, line in self._occurrences(path, mapping):
                try:
                    outcome.parameters.extend(self._parameters(path, mapping, value, line))
                except Inexpressible as error:
                    if str(error) not in outcome.reasons:
                        outcome.reasons.append(str(error))
                if mapping.list:
                    self._report_unknown_items(mapping.list, value, outcome)

    def _occurrences(self, path: str, mapping: SettingMapping) -> Iterator[tuple[Any, Line | None]]:
        """The setting's value once, or once for each line where the parameter is one of a line."""
        if path in LINE_VALUES:
            yield from ((line.values[path], line) for line in self.lines if path in line.values)
        elif any("{line" in name for name in _names(mapping)):
            yield from ((self.resolved.value(path), line) for line in self.lines)
        else:
            yield self.resolved.value(path), None

    def _parameters(self, path: str, mapping: SettingMapping, value: Any, line: Line | None) -> Iterator[Parameter]:
        effective = self.resolved.settings.get(path)
        for name, text in self._spelled(mapping, value, line):
            yield Parameter(
                identity=_place(name, line),
                value=text,
                section=mapping.section,
                attributes={key: _place(item, line) for key, item in mapping.attributes.items()},
                setting=path,
                layer=effective.layer if effective else "assignment",
                line=line.number if line else None,
                secret=_holds_secret(path, mapping),
            )

    def _spelled(self, mapping: SettingMapping, value: Any, line: Line | None) -> Iterable[tuple[str, str]]:
        if mapping.list:
            return _spell_list(mapping.list, value)
        text = self._spell(mapping, value, line)
        return [(name, text) for name in mapping.to] if text is not None else []

    def _spell(self, mapping: SettingMapping, value: Any, line: Line | None) -> str | None:
        if mapping.convert:
            scope = Scope(self.values, line.values if line else {}, self.mac, self.vendor.tables)
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
        """Parameters always written, per line where they say so, and those that switch unused lines off."""
        for constant in self.vendor.constants:
            if self.vendor.applies(constant, self.model_name):
                numbers = [line.number for line in self.lines] if "{line" in constant.to else [None]
                yield from (self._constant(constant, number) for number in numbers)
        used = {line.number for line in self.lines}
        unused = [n for n in range(1, (self.vendor.model(self.model_name).lines or 0) + 1) if n not in used]
        for constant in self.vendor.unused_lines:
            if self.vendor.applies(constant, self.model_name):
                yield from (self._constant(constant, number) for number in unused)

    def _constant(self, constant: Constant, number: int | None) -> Parameter:
        return Parameter(
            identity=_numbered(constant.to, number),
            value=_numbered(constant.value, number).replace("{mac}", self.mac.bare),
            section=constant.section,
            attributes={key: _numbered(item, number) for key, item in constant.attributes.items()},
            layer="vendor",
            line=number,
        )


def _names(mapping: SettingMapping) -> Iterator[str]:
    yield from mapping.to
    if mapping.list:
        yield mapping.list.to or ""
        yield from (*mapping.list.chosen, *mapping.list.others)


def _spell_list(spelling: ListSpelling, items: Sequence[str]) -> Iterator[tuple[str, str]]:
    known = [spelling.names[item] for item in items if item in spelling.names]
    if not known:
        raise Inexpressible("this vendor has none of the items")
    if spelling.to:
        yield spelling.to, (spelling.join or ",").join((*known, *spelling.after))
    for position, name in enumerate(known, start=1):
        for parameter, value in spelling.chosen.items():
            yield parameter.replace("{item}", name), value.replace("{position}", str(position))
    for name in dict.fromkeys(spelling.names.values()):
        if name not in known:
            yield from ((parameter.replace("{item}", name), value) for parameter, value in spelling.others.items())


def _place(text: str, line: Line | None) -> str:
    # The label comes last: what a person typed is never taken for a place to fill.
    return text if line is None else _numbered(text, line.number).replace("{line.label}", line.label)


def _numbered(text: str, number: int | None) -> str:
    if number is None:
        return text
    return text.replace("{line}", str(number)).replace("{line0}", str(number - 1))

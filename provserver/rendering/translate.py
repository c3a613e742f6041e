"""Translates effective settings to the parameters of a vendor's file, and reports what is not supported. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any

from provserver.domain.buttons import ButtonRows, Surroundings, effective_buttons
from provserver.domain.device import MulticellRole
from provserver.domain.layers import Resolved
from provserver.domain.lines import Repeated
from provserver.domain.mac import Mac
from provserver.domain.mappings import ListSpelling
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import DECT_VALUES, LINE_VALUES
from provserver.rendering.buttons import Keys, place_buttons
from provserver.rendering.constants import constants_of
from provserver.rendering.converters import Inexpressible
from provserver.rendering.outcomes import Outcome, Translation
from provserver.rendering.owners import Owner, Owners, Place, Places, View
from provserver.rendering.parameters import Parameter, is_secret, known_sections, pattern_name, spell_raw
from provserver.rendering.plan import NOT_ON_SECONDARIES, Plan, Said, Writing, plan_of
from provserver.rendering.spelling import ASSIGNMENT, following_parameters, parameters_of, plain_parameters
from provserver.rendering.translation_cache import TranslationCache

_IDENTITY = attrgetter("identity")
_VALUES_OF = {"line": "lines", "handset": "handsets", "server": "servers", "cell": "cells"}
_translations = TranslationCache(32_768)
_NOWHERE: Places = ()
_Occurrence = tuple[Any, str, Owner | Place]
"""A value, the layer it comes from, and its owner, or a line that differs by nothing but its number."""


def translate(
    vendor: Vendor,
    model_name: str | None,
    resolved: Resolved,
    repeated: Repeated,
    mac: Mac,
    at: datetime,
    rows: ButtonRows | None = None,
) -> Translation:
    """Translate for one device at one point in time. Lines beyond the model's limit are left out and reported."""
    limit = vendor.model(model_name).lines
    beyond = tuple(line.number for line in repeated.lines if limit is not None and line.number > limit)
    if beyond:
        repeated = replace(repeated, lines=tuple(line for line in repeated.lines if line.number not in beyond))
    plan = plan_of(vendor, model_name, repeated.role)
    values = {path: effective.value for path, effective in resolved.settings.items()}
    owners = Owners(vendor, resolved, values, repeated, mac, at)
    work = _Translator(plan, resolved, repeated, owners)
    outcomes = {path: work.outcome(path) for path in dict.fromkeys((*work.given, *resolved.settings, *work.apart))}
    _resolve_carried(outcomes)
    keys = _keys(vendor, model_name, repeated, values, rows or ButtonRows())
    written = [
        *constants_of(plan, owners, repeated, mac),
        # in vendor file order, to keep related parameters together
        *chain.from_iterable(outcomes[path].parameters for path in vendor.settings if path in outcomes),
        *keys.parameters,
    ]
    parameters = dict(zip(map(_IDENTITY, written), written, strict=True))
    _override(parameters, outcomes, vendor, resolved)
    return Translation(tuple(parameters.values()), outcomes, repeated, beyond, keys.buttons)


def _keys(
    vendor: Vendor, model_name: str | None, repeated: Repeated, values: Mapping[str, Any], rows: ButtonRows
) -> Keys:
    """Place the device's buttons on its keys."""
    lines = repeated.lines
    buttons = effective_buttons(rows.template, rows.overrides, lines, vendor.key_layout(model_name))
    return place_buttons(vendor, model_name, buttons, Surroundings(lines, rows.people, values))


def _resolve_carried(outcomes: dict[str, Outcome]) -> None:
    """A setting carried by another one's parameter shares its parameters."""
    for path, outcome in outcomes.items():
        if outcome.carried_by and outcome.carried_by in outcomes:
            outcomes[path] = replace(outcome, parameters=outcomes[outcome.carried_by].parameters)


def _override(
    parameters: dict[str, Parameter], outcomes: dict[str, Outcome], vendor: Vendor, resolved: Resolved
) -> None:
    """Apply raw parameters last: they replace the parameter of a setting, or are added."""
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
            outcome, reason = outcomes[under.setting], f"{identity} is set by vendor_overrides of {effective.layer}"
            outcomes[under.setting] = replace(outcome, reasons=[*outcome.reasons, reason])


@dataclass(frozen=True, slots=True)
class _Translator:
    plan: Plan
    resolved: Resolved
    repeated: Repeated
    owners: Owners

    @property
    def given(self) -> Iterable[str]:
        """The values that come from lines, handsets and the system rather than from layers."""
        return LINE_VALUES if self.repeated.role is None else (*LINE_VALUES, *DECT_VALUES)

    @property
    def apart(self) -> Iterable[str]:
        """The settings that individual handsets override."""
        own = {id(item.resolved): item.resolved for item in self.repeated.handsets if item.resolved}
        return dict.fromkeys(path for resolved in own.values() for path in resolved.settings)

    def outcome(self, path: str) -> Outcome:
        """Translate the setting (or given value) `path`."""
        if path in DECT_VALUES and not any(self._given(path)):
            return Outcome()
        said = self.plan.said_of(path)
        known = self._of_plain_lines(said, path) if path in LINE_VALUES else self._following(said, path)
        return known or _outcome(said, self._occurrences, self.repeated.role)

    def _following(self, said: Said, path: str) -> Outcome | None:
        """The cached translation of a setting that depends on nothing that is unique to this phone; else None."""
        effective, lines = self.resolved.settings.get(path), _NOWHERE
        if said.follows_from is None or effective is None:
            return None
        if said.by_lines:
            lines = self.owners.places(said.follows_from)
            if not lines:
                return None
        value = tuple(effective.value) if isinstance(effective.value, list) else effective.value
        return _made_once(said, value, effective.layer, lines, self.owners.view(said.follows_from, value))

    def _of_plain_lines(self, said: Said, path: str) -> Outcome | None:
        """The translation of a line value, if the lines differ by nothing but numbers and values; else None."""
        values = tuple([line.values.get(path) for line in self.repeated.lines])
        if not values or None in values or not self.owners.has_plain_lines:
            return None
        if said.follows_from:
            return _made_once_by_lines(said, values, self.owners.places(said.follows_from))
        if said.spelled_plainly:
            return Outcome(plain_parameters(said.spelled_plainly, values, self.owners.numbers), list(said.reasons))
        return None

    def _occurrences(self, writing: Writing) -> Iterator[_Occurrence]:
        """The value, once, or once for each line, handset, server or base that the parameter repeats for."""
        path = writing.path
        if path in LINE_VALUES or path in DECT_VALUES:
            yield from ((value, ASSIGNMENT, owner) for value, owner in self._given(path))
            return
        for owner in self.owners.of(writing.group):
            effective = owner.resolved.settings.get(path)
            if effective is not None:  # otherwise only other handsets have it
                yield effective.value, effective.layer, owner

    def _given(self, path: str) -> Iterator[tuple[Any, Owner]]:
        group = path.partition(".")[0]
        if group == "system":
            system = self.repeated.system_values
            if path in system:
                yield system[path], self.owners.device
            return
        owners = self.owners.of(_VALUES_OF[group])
        yield from ((owner.values[path], owner) for owner in owners if path in owner.values)


def _made_once(said: Said, value: Any, layer: str, lines: Places, view: View) -> Outcome:
    """Translate a setting that depends on nothing else, for a phone with these lines; cached across phones.

    The cache key includes everything it depends on, so it cannot be stale.
    """
    # The type is in the key because True == 1, but is written differently
    key = said, type(value), value, layer, lines, view
    if found := _translations.get(key):
        return found
    value = list(value) if isinstance(value, tuple) else value

    def occurrences(writing: Writing) -> Iterable[_Occurrence]:
        return [(value, layer, place) for place in (lines if writing.group else [(None, view)])]

    return _translations.put(key, _outcome(said, occurrences, None))


def _made_once_by_lines(said: Said, values: tuple[Any, ...], lines: Places) -> Outcome:
    """The same for a line value, one per line."""
    key = said, values, lines
    if found := _translations.get(key):
        return found
    occurrences = [(value, ASSIGNMENT, place) for value, place in zip(values, lines, strict=True)]
    return _translations.put(key, _outcome(said, lambda _: occurrences, None))


def _outcome(
    said: Said, occurrences: Callable[[Writing], Iterable[_Occurrence]], role: MulticellRole | None
) -> Outcome:
    outcome = Outcome(reasons=list(said.reasons))
    for writing in said.writings:
        mapping = writing.mapping
        if mapping.unsupported:
            outcome.reasons.append(mapping.unsupported)
        elif mapping.carried_by:
            outcome.carried_by = mapping.carried_by
        else:
            found = list(occurrences(writing))
            if not found and role is MulticellRole.SECONDARY:
                outcome.reasons.append(NOT_ON_SECONDARIES)
            for occurrence in found:
                _write(writing, occurrence, outcome)
    if outcome.withheld:
        outcome.parameters.clear()
    return outcome


def _write(writing: Writing, occurrence: _Occurrence, outcome: Outcome) -> None:
    value, layer, where = occurrence
    mapping = writing.mapping
    try:
        if isinstance(where, Owner):
            outcome.parameters.extend(parameters_of(writing, value, layer, where))
        else:
            outcome.parameters.extend(following_parameters(writing, value, layer, *where))
    except Inexpressible as error:
        if str(error) not in outcome.reasons:
            outcome.reasons.append(str(error))
        outcome.withheld = outcome.withheld or mapping.whole
    if mapping.list:
        _report_unknown_items(mapping.list, value, outcome)


def _report_unknown_items(spelling: ListSpelling, value: Sequence[str], outcome: Outcome) -> None:
    for item in value:
        if item not in spelling.names and (reason := f"this vendor has no {item}") not in outcome.reasons:
            outcome.reasons.append(reason)

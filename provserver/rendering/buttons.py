"""Effective buttons -> the parameters of a vendor's file; what cannot be there is named, never dropped. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from provserver.domain.button_types import ButtonType
from provserver.domain.buttons import EffectiveButton, Reason, Source, Surroundings, Told
from provserver.domain.key_codes import Key, KeyCodes, KeyForm, KeyLayout, KeyParameter
from provserver.domain.vendor import Vendor
from provserver.rendering.key_texts import NUMBERS, Places, UnknownPlace, places_in, words_of
from provserver.rendering.parameters import Parameter
from provserver.rendering.refusals import refusal_of


@dataclass(frozen=True, slots=True)
class PlacedButton:
    """A button with what became of it: its parameters, or the reason why it is not on the phone."""

    button: EffectiveButton
    label: str
    parameters: tuple[Parameter, ...] = ()
    reason: Reason | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """The buttons of a device by position, and all parameters in the order of keys, those without a button included."""

    buttons: tuple[PlacedButton, ...] = ()
    parameters: tuple[Parameter, ...] = ()


def setting_of(button: EffectiveButton) -> str:
    """What the parameters of a button name as where they are from."""
    return f"buttons.{button.position}"


class _Refused(Exception):
    """Why a button cannot be on this phone."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def place_buttons(
    vendor: Vendor, model_name: str | None, buttons: Sequence[EffectiveButton], around: Surroundings
) -> Keys:
    """Place the effective buttons of a device on its keys.

    A line that nobody placed stands only where a key can be a line: other phones show their lines without keys.
    """
    work = _Placing(vendor, model_name, vendor.key_layout(model_name), around, _known_of(vendor, model_name))
    placed = tuple(one for one in map(work.placed, buttons) if not _is_no_line_key(one))
    used = {one.button.position for one in placed if one.reason is None}
    managed = any(button.source is not Source.MODEL_DEFAULT for button in buttons)
    written = {one.button.position: one.parameters for one in placed}
    written |= dict(work.unused(used, beside_own=managed))
    return Keys(placed, tuple(chain.from_iterable(written[position] for position in sorted(written))))


def _is_no_line_key(placed: PlacedButton) -> bool:
    nobodys = placed.button.source is Source.MODEL_DEFAULT
    return nobodys and placed.reason is Reason.VENDOR_DOES_NOT_SUPPORT_TYPE


@dataclass(frozen=True, slots=True)
class _Known:
    """What is the same for all phones of a model: what keys of an area have, and what switches off each key."""

    vendor: Vendor
    rows: dict[str, list[tuple[KeyParameter, frozenset[str]]]] = field(default_factory=dict)
    unused: dict[int, tuple[Parameter, ...]] = field(default_factory=dict)


def _known_of(vendor: Vendor, model_name: str | None) -> _Known:
    known: _Known | None = vendor.worked_out.get(("keys", model_name))
    if known is None or known.vendor is not vendor:
        known = vendor.worked_out["keys", model_name] = _Known(vendor)
    return known


@dataclass(frozen=True, slots=True)
class _Placing:
    vendor: Vendor
    model_name: str | None
    layout: KeyLayout
    around: Surroundings
    known: "_Known"
    counted: Counter[str] = field(default_factory=Counter)

    def placed(self, button: EffectiveButton) -> PlacedButton:
        told = self.around.told(button)
        try:
            parameters = self._written(button, told)
        except _Refused as refused:
            return PlacedButton(button, told.label, (), refused.reason, str(refused))
        return PlacedButton(button, told.label, parameters)

    def _written(self, button: EffectiveButton, told: Told) -> tuple[Parameter, ...]:
        codes = self.vendor.buttons
        if codes is None or self.layout.max_position == 0:
            why = f": {self.vendor.no_buttons}" if self.vendor.no_buttons else ""
            raise _Refused(Reason.VENDOR_DOES_NOT_SUPPORT_TYPE, f"{self._phone} has no programmable keys{why}")
        if not codes.spoken(button.type):
            why = "; ".join(dict.fromkeys(form.unsupported or "" for form in codes.types.get(button.type, ())))
            raise _Refused(Reason.VENDOR_DOES_NOT_SUPPORT_TYPE, self._no_type(button.type, why))
        key = self.layout.key_at(button.position)
        if key is None:
            raise _Refused(Reason.POSITION_OUT_OF_RANGE, self._beyond())
        if told.missing:
            raise _Refused(*told.missing)
        return self._by_first_form(codes, button, told, key)

    @property
    def _phone(self) -> str:
        return f"the {self.vendor.name} {self.model_name}" if self.model_name else f"a phone of {self.vendor.name}"

    def _no_type(self, kind: ButtonType, why: str) -> str:
        return f"{self.vendor.name} phones have no {kind} keys" + (f": {why}" if why else "")

    def _beyond(self) -> str:
        if self.layout.max_position is None:
            return f"how many keys {self._phone} has is not known, and its files have no name for this one"
        beside = "expansion modules and soft keys" if self.layout.soft_area else "expansion modules"
        return f"{self._phone} has {self.layout.max_position} keys, those of {beside} included"

    def _by_first_form(self, codes: KeyCodes, button: EffectiveButton, told: Told, key: Key) -> tuple[Parameter, ...]:
        """The parameters as the first form that fits spells them."""
        fitting = [form for form in codes.types[button.type] if self._fits(form, button, told, key)]
        forms = [form for form in fitting if form.unsupported is None]
        if not forms:
            why = next((f": {form.unsupported}" for form in fitting), "")
            message = f"{self._phone} has no {button.type} key of this kind there{why}"
            raise _Refused(Reason.VENDOR_DOES_NOT_SUPPORT_TYPE, message)
        missing: dict[str, None] = {}
        for form in forms:
            places = self._places(told, key, form)
            try:
                fields = {name: places.fill(text) for name, text in {**codes.fields, **form.fields}.items()}
            except UnknownPlace as place:
                missing[str(place)] = None
                continue
            self._check_carried(codes, told)
            parameters = tuple(self._parameters(key, fields, places, button))
            if form.counter:
                self.counted[form.counter] += 1
            return parameters
        raise _Refused(Reason.NOT_EXPRESSIBLE, f"{' or '.join(missing)} is not known here")

    def _fits(self, form: KeyForm, button: EffectiveButton, told: Told, key: Key) -> bool:
        if form.own_place and (told.line is None or told.line.number != key.number):
            return False
        possible = self.layout.areas[key.area].types
        if possible and button.type not in possible:
            return False
        target = {name: str(value) for name, value in button.target.items()}
        wanted = all(target.get(name) == value for name, value in form.when.items())
        return wanted and (not form.areas or key.area in form.areas) and self.vendor.fits(form, self.model_name)

    def _places(self, told: Told, key: Key, form: KeyForm) -> Places:
        numbers = key.places(self.layout.areas[key.area].per_page)
        if form.counter:
            nth = self.counted[form.counter] + 1
            numbers |= {"nth": nth, "nth0": nth - 1}
        return Places(_Texts(told, self.around), numbers, self.vendor.names)

    def _check_carried(self, codes: KeyCodes, told: Told) -> None:
        for name, text in {"label": told.label, **told.texts}.items():
            reason = refusal_of(text, codes.cannot_carry)
            if reason:
                raise _Refused(Reason.NOT_EXPRESSIBLE, f"its {name} {reason}")

    def _parameters(
        self, key: Key, fields: Mapping[str, str], places: Places, button: EffectiveButton | None = None
    ) -> Iterator[Parameter]:
        """The parameters of a key; one that names a field which is not given is not written."""
        inner = Places(fields, places.numbers, places.lists)
        layer = button.source.value if button and button.source is not Source.MODEL_DEFAULT else "vendor"
        setting = setting_of(button) if button else None
        for item, needed in self._row(key.area):
            if not needed <= fields.keys():
                continue
            try:
                parameter = Parameter(
                    identity=inner.fill(item.to),
                    value=inner.fill(item.value),
                    section=item.section,
                    attributes={name: inner.fill(text) for name, text in item.attributes.items()},
                    setting=setting,
                    layer=layer,
                )
            except UnknownPlace:
                continue
            if button:
                self._check_syntax(parameter)
            yield parameter

    def _row(self, area: str) -> list[tuple[KeyParameter, frozenset[str]]]:
        """The parameters that keys of an area have on this model, each with the fields that it needs."""
        if area not in self.known.rows:
            fitting = (item for item in self.layout.areas[area].parameters if self.vendor.fits(item, self.model_name))
            self.known.rows[area] = [(item, _fields_of(item)) for item in fitting]
        return self.known.rows[area]

    def _check_syntax(self, parameter: Parameter) -> None:
        for text in (parameter.value, *parameter.attributes.values()):
            reason = refusal_of(text, self.vendor.syntax.cannot_carry)
            if reason:
                raise _Refused(Reason.NOT_EXPRESSIBLE, f"{parameter.name} would be a value that {reason}")

    def unused(self, used: set[int], *, beside_own: bool) -> Iterator[tuple[int, tuple[Parameter, ...]]]:
        """What switches off the keys that have no button.

        Those of modules and soft keys only where somebody has placed buttons at all.
        """
        for key in self.layout.keys:
            area = self.layout.areas[key.area]
            beside = area.modules or area.soft
            if area.unused is None or key.position in used or (beside and not beside_own):
                continue
            if key.position not in self.known.unused:
                places = Places({}, key.places(area.per_page), self.vendor.names)
                fields = {name: places.fill(text) for name, text in area.unused.items()}
                self.known.unused[key.position] = tuple(self._parameters(key, fields, places))
            yield key.position, self.known.unused[key.position]


def _fields_of(item: KeyParameter) -> frozenset[str]:
    places = (place for text in (item.to, item.value, *item.attributes.values()) for place in places_in(text))
    return frozenset(word for place in places for word in words_of(place)) - NUMBERS


class _Texts(Mapping[str, str]):
    """The texts a form may name: those of the button, of its line, and every setting by its path."""

    def __init__(self, told: Told, around: Surroundings) -> None:
        line = told.line
        number = line.number if line else 1
        self._texts = {**told.texts, "label": told.label, "line": str(number), "line0": str(number - 1)}
        self._own: Mapping[str, Any] = line.values if line else {}
        self._settings = around.settings
        domain = line.values.get("line.domain") if line else None
        domain = domain or around.settings.get("sip.domain") or around.settings.get("sip.server")
        if domain:
            self._texts["domain"] = domain

    def __getitem__(self, name: str) -> str:
        if name in self._texts:
            return self._texts[name]
        value = self._own.get(name, self._settings.get(name))
        if value is None or isinstance(value, (list, bool)):
            raise KeyError(name)
        return str(value)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._texts, **self._own, **self._settings})

    def __len__(self) -> int:
        return len({**self._texts, **self._own, **self._settings})

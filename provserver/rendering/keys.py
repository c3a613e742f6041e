"""The keys of a model: the forms its buttons can take and their parameters. Cached across phones. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from provserver.domain.button_types import ButtonType
from provserver.domain.buttons import Reason
from provserver.domain.key_codes import Key, KeyCodes, KeyForm, KeyLayout, KeyParameter
from provserver.domain.vendor import Vendor
from provserver.rendering.key_texts import NUMBERS, Places, UnknownPlace, places_in, words_of
from provserver.rendering.parameters import Parameter
from provserver.rendering.refusals import refusal_of

_KEPT = 4_096  # cached keys with their parameters, of about 250 bytes each


class Refused(Exception):
    """A button cannot be placed on this phone. The message says why."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class KeyModel:
    """What is common to all phones of a model."""

    vendor: Vendor
    name: str | None
    layout: KeyLayout
    _rows: dict[str, list[tuple[KeyParameter, frozenset[str]]]] = field(default_factory=dict)
    _forms: dict[tuple[ButtonType, str], list[tuple[KeyForm, Mapping[str, str]]]] = field(default_factory=dict)
    _switched_off: dict[bool, Sequence[Key]] = field(default_factory=dict)
    _spoken: dict[ButtonType, bool] = field(default_factory=dict)
    _keys: dict[int, tuple[Key, dict[str, int]]] = field(default_factory=dict)

    def row(self, area: str) -> list[tuple[KeyParameter, frozenset[str]]]:
        """The parameters of keys in an area, each with the fields it needs."""
        if area not in self._rows:
            fitting = (item for item in self.layout.areas[area].parameters if self.vendor.fits(item, self.name))
            self._rows[area] = [(item, _fields_of(item)) for item in fitting]
        return self._rows[area]

    def forms(self, codes: KeyCodes, kind: ButtonType, area: str) -> list[tuple[KeyForm, Mapping[str, str]]]:
        """The forms of a button type in an area, each with all its fields."""
        if (kind, area) not in self._forms:
            possible = self.layout.areas[area].types
            forms = () if possible and kind not in possible else codes.types[kind]
            fitting = (
                one for one in forms if (not one.areas or area in one.areas) and self.vendor.fits(one, self.name)
            )
            self._forms[kind, area] = [(form, {**codes.fields, **form.fields}) for form in fitting]
        return self._forms[kind, area]

    def switched_off(self, *, beside_own: bool) -> Sequence[Key]:
        """The keys to be disabled if they have no button; those of modules and soft keys only if `beside_own`."""
        if beside_own not in self._switched_off:
            areas = {
                name
                for name, area in self.layout.areas.items()
                if area.unused is not None and (beside_own or not (area.modules or area.soft))
            }
            self._switched_off[beside_own] = [key for key in self.layout.keys if key.area in areas]
        return self._switched_off[beside_own]

    def speaks(self, kind: ButtonType) -> bool:
        """Whether any form of this type is supported."""
        if kind not in self._spoken:
            self._spoken[kind] = bool(self.vendor.buttons and self.vendor.buttons.spoken(kind))
        return self._spoken[kind]

    def key_at(self, position: int) -> Key | None:
        """The key at a position; None beyond the last of the model."""
        if position not in self._keys:
            key = self.layout.key_at(position)
            if key is None:
                return None
            self._keys[position] = key, key.places(self.layout.areas[key.area].per_page)
        return self._keys[position][0]

    def numbers(self, key: Key, nth: int) -> Mapping[str, int]:
        """The placeholder values of a key. `nth`.

        Its number from 1 among the keys with the same counter; 0 if not counted.
        """
        self.key_at(key.position)
        numbers = self._keys[key.position][1]
        return numbers | {"nth": nth, "nth0": nth - 1} if nth else numbers


def key_model_of(vendor: Vendor, name: str | None) -> KeyModel:
    """The keys of a model, cached with the vendor file."""
    model: KeyModel | None = vendor.worked_out.get(("keys", name))
    if model is None or model.vendor is not vendor:
        model = vendor.worked_out["keys", name] = KeyModel(vendor, name, vendor.key_layout(name))
    return model


@lru_cache(maxsize=_KEPT)
def key_parameters(
    model: KeyModel, key: Key, nth: int, fields: tuple[tuple[str, str], ...], setting: str | None, layer: str
) -> tuple[Parameter, ...]:
    """The parameters of a key with a button (`setting`) or without one (None).

    Parameters with missing fields are omitted.

    All inputs are in the cache key, so the result is shared by all phones. Raises `Refused`.
    """
    given = dict(fields)
    places = Places(given, model.numbers(key, nth), model.vendor.names)
    found = (_parameter(item, places, setting, layer) for item, needed in model.row(key.area) if needed <= given.keys())
    parameters = tuple(parameter for parameter in found if parameter)
    if setting:
        for parameter in parameters:
            _check_syntax(parameter, model.vendor)
    return parameters


def _parameter(item: KeyParameter, places: Places, setting: str | None, layer: str) -> Parameter | None:
    try:
        return Parameter(
            identity=places.fill(item.to),
            value=places.fill(item.value),
            section=item.section,
            attributes={name: places.fill(text) for name, text in item.attributes.items()},
            setting=setting,
            layer=layer,
        )
    except UnknownPlace:
        return None


def _check_syntax(parameter: Parameter, vendor: Vendor) -> None:
    for text in (parameter.value, *parameter.attributes.values()):
        reason = refusal_of(text, vendor.syntax.cannot_carry)
        if reason:
            raise Refused(Reason.NOT_EXPRESSIBLE, f"{parameter.name} would be a value that {reason}")


@lru_cache(maxsize=_KEPT)
def unused_parameters(model: KeyModel, key: Key) -> tuple[Parameter, ...]:
    """The parameters that switch off a key."""
    places = Places({}, model.numbers(key, 0), model.vendor.names)
    unused = model.layout.areas[key.area].unused or {}
    fields = tuple((name, places.fill(text)) for name, text in unused.items())
    return key_parameters(model, key, 0, fields, None, "vendor")


def _fields_of(item: KeyParameter) -> frozenset[str]:
    places = (place for text in (item.to, item.value, *item.attributes.values()) for place in places_in(text))
    return frozenset(word for place in places for word in words_of(place)) - NUMBERS

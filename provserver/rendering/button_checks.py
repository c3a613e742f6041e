"""Checks the `buttons` section of a vendor file at start."""

from collections.abc import Iterable, Iterator

from provserver.domain.button_types import TARGETS, TEXTS, ButtonType
from provserver.domain.facts import Conditional
from provserver.domain.key_codes import KeyCodes, KeyForm
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import LINE_VALUES, SECRETS, VOCABULARY
from provserver.rendering.key_texts import NUMBERS, is_sum, list_of, places_in, words_of

Place = tuple[str | int, ...]
Problem = tuple[Place, str]

_OF_EVERY_BUTTON = {"label", "line", "line0", "domain"}


def check_buttons(vendor: Vendor) -> Iterator[Problem]:
    """All errors, each with its path in the file."""
    for name, model in vendor.models.items():
        strange = [area for area in model.areas if vendor.buttons is None or area not in vendor.buttons.areas]
        yield from ((("models", name, "keys"), f"{area} is no area of buttons") for area in strange)
    codes = vendor.buttons
    if codes is None:
        return
    if vendor.no_buttons is not None:
        yield ("no_buttons",), "there are buttons"
    yield from _check_layouts(vendor)
    yield from _check_areas(vendor, codes)
    for kind, forms in codes.types.items():
        for form in forms:
            yield from ((("buttons", "types", kind), reason) for reason in _check_form(vendor, codes, kind, form))


def check_told(vendor: Vendor) -> Iterator[Problem]:
    """Button types that the file does not mention; operators would not learn why they are missing on the phone."""
    if vendor.buttons is None:
        if vendor.is_rendered and vendor.no_buttons is None:
            yield ("buttons",), "is not there, and no_buttons does not say why"
        return
    silent = (kind for kind in ButtonType if kind not in vendor.buttons.types)
    yield from ((("buttons", "types"), f"{kind} has no form, and is not said to be unsupported") for kind in silent)


def conditions_of(vendor: Vendor) -> Iterator[tuple[Place, Conditional]]:
    """All entries in `buttons` that refer to models and families."""
    if vendor.buttons is None:
        return
    for name, area in vendor.buttons.areas.items():
        yield from ((("buttons", "areas", name), one) for one in (area, *area.parameters))
    for kind, forms in vendor.buttons.types.items():
        yield from ((("buttons", "types", kind), form) for form in forms)


def _check_layouts(vendor: Vendor) -> Iterator[Problem]:
    for name, model in vendor.models.items():
        rows = vendor.key_layout(name).rows
        counted = [count for _, count in rows if count is not None]
        if rows and model.keys is not None and sum(counted) != model.keys:
            yield ("models", name), f"has {model.keys} keys, but its areas of buttons take {sum(counted)}"


def _check_areas(vendor: Vendor, codes: KeyCodes) -> Iterator[Problem]:
    given = _fields(codes)
    for name, area in codes.areas.items():
        place = ("buttons", "areas", name)
        if area.modules and area.size is not None:
            yield place, "size is that of the phone's own areas; how many keys a module has is said by the model"
        known = NUMBERS | given
        for parameter in area.parameters:
            for text in (parameter.to, parameter.value, *parameter.attributes.values()):
                yield from ((place, reason) for reason in _check_places(vendor, text, known))
                paged = [f"{{{word}}}" for word in _words(text) if word.startswith("page")]
                yield from ((place, f"{word} needs per_page") for word in paged if area.per_page is None)
        for text in (area.unused or {}).values():
            yield from ((place, reason) for reason in _check_places(vendor, text, NUMBERS))
    used = {field for area in codes.areas.values() for one in area.parameters for field in _words(one.to, one.value)}
    used |= {
        field
        for area in codes.areas.values()
        for one in area.parameters
        for text in one.attributes.values()
        for field in _words(text)
    }
    for field in sorted(given - used):
        yield ("buttons", "types"), f"the field {field} is in no parameter of any area"


def _words(*texts: str) -> Iterator[str]:
    return (word for text in texts for place in places_in(text) for word in words_of(place))


def _fields(codes: KeyCodes) -> set[str]:
    """All fields that a type or an unused key can have."""
    forms = (form for forms in codes.types.values() for form in forms)
    unused = (area.unused or {} for area in codes.areas.values())
    return {*codes.fields, *(name for form in forms for name in form.fields), *(name for one in unused for name in one)}


def _check_form(vendor: Vendor, codes: KeyCodes, kind: ButtonType, form: KeyForm) -> Iterator[str]:
    yield from (f"{area} is no area of buttons" for area in form.areas if area not in codes.areas)
    yield from (f"{name} is nothing that its target has" for name in form.when if name not in _target_names(kind))
    if form.unsupported is not None:
        return
    known = NUMBERS | _OF_EVERY_BUTTON | TEXTS[kind]
    for text in (*codes.fields.values(), *form.fields.values()):
        yield from _check_places(vendor, text, known)


def _target_names(kind: ButtonType) -> Iterable[str]:
    return TARGETS[kind].model_fields


def _check_places(vendor: Vendor, text: str, known: Iterable[str]) -> Iterator[str]:
    for place in places_in(text):
        listed = list_of(place)
        if listed is not None and listed not in vendor.names:
            yield f"{{{place}}}: there is no list {listed} under names"
        if place in SECRETS or (place in LINE_VALUES and LINE_VALUES[place].secret):
            yield f"{{{place}}} is a secret, which no key may show"
        if place in VOCABULARY or place in LINE_VALUES:
            continue
        calculated = listed is not None or is_sum(place)
        strange = [word for word in words_of(place) if word not in (NUMBERS if calculated else known)]
        yield from (f"{{{place}}}: {word} is nothing that is known there" for word in strange)

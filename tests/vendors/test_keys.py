"""Programmable keys of every vendor: each key that there is, each type, with the worst that people type."""

from collections import Counter
from collections.abc import Hashable, Iterator
from functools import cache
from itertools import chain, cycle, islice
from typing import Any

import pytest

from provserver.domain.button_types import ButtonType, target_of
from provserver.domain.buttons import Button, ButtonRows, Person, Reason
from provserver.domain.key_codes import KeyForm
from provserver.domain.vendor import Vendor
from provserver.services.settings.effective import EffectiveDevice, render

from .fullest import NOW, ORDINARY, Spellings, nasty_for, phone, user_on
from .readers import Pairs, read_pairs
from .shipped_catalogue import CATALOGUE, RENDERED, RENDERER, rendered_models

TARGETS: dict[ButtonType, list[dict[str, Any]]] = {
    ButtonType.LINE: [{"line_index": 1}, {}],
    ButtonType.BLF_EXTENSION: [{"user": "user_ada"}, {"user": "self"}],
    ButtonType.BLF_PARK: [{"slot": 701}],
    ButtonType.BLF_VOICEMAIL_SHARED: [{"shared_voicemail_box": "*98200"}],
    ButtonType.BLF_QUEUE_AGENT: [{"queue": "400", "user": "user_ada"}],
    ButtonType.BLF_QUEUE_DEPTH: [{"queue": "400"}],
    ButtonType.SPEED_DIAL: [{"destination": "+49.a_b-c:30#1*2@pbx"}],
    ButtonType.DTMF: [{"digits": "*1,23#"}],
    ButtonType.VOICEMAIL: [{}, {"user": "self"}],
    ButtonType.URL: [{"url": "https://pbx.example.com/a?b=1&c=2"}],
    ButtonType.MULTICAST: [{"address": "224.0.1.75", "port": 5001}],
    ButtonType.CONFERENCE: [{}],
    ButtonType.TRANSFER: [{"mode": "blind"}, {"mode": "attended"}],
    ButtonType.FORWARD: [{"destination": "200"}, {}],
    ButtonType.PARK: [{"slot": 702}, {}],
    ButtonType.INTERCOM: [{"user": "user_ada"}],
    ButtonType.DND: [{}],
    ButtonType.RECORD_TOGGLE: [{}],
}
EVERY = [(kind, target) for kind, targets in TARGETS.items() for target in targets]
SETTINGS = {
    "sip": {"domain": "pbx.example.com"},
    "voicemail": {"number": "*97"},
    "buttons": {"record_number": "*1"},
    "feature_codes": {"pickup": "*8", "group_pickup": "*88", "dnd_on": "*78", "dnd_off": "*79"},
}
KEYED = [vendor for vendor in RENDERED if vendor.buttons]


def _conditions(vendor: Vendor) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str | None]]:
    assert vendor.buttons
    areas = vendor.buttons.areas.values()
    for one in chain(areas, *(area.parameters for area in areas), *vendor.buttons.types.values()):
        yield one.only, one.excluding, one.requires


def _layouts() -> Iterator[tuple[Vendor, str | None]]:
    """Of the models of a vendor whose keys are laid out alike, under the same conditions, the one with the most."""
    for vendor in KEYED:
        conditions = set(_conditions(vendor))
        most: dict[Hashable, tuple[int, str | None]] = {}
        for model in (*rendered_models(vendor), None):
            layout = vendor.key_layout(model)
            fits = tuple(vendor.fits(_condition(*one), model) for one in sorted(conditions, key=repr))
            few = tuple((name, count and min(count, 3)) for name, count in layout.rows)
            kind, keys = (few, layout.module_area, fits), layout.max_position or 0
            if kind not in most or most[kind][0] < keys:
                most[kind] = keys, model
        yield from ((vendor, model) for _, model in most.values())


def _condition(only: tuple[str, ...], excluding: tuple[str, ...], requires: str | None) -> KeyForm:
    return KeyForm(only=only, excluding=excluding, requires=requires)


LAYOUTS = [pair for pair in _layouts() if pair[0].key_layout(pair[1]).max_position != 0]
every_layout = pytest.mark.parametrize(
    ("vendor", "model"),
    LAYOUTS,
    ids=lambda value: getattr(value, "dialect", value or "unknown"),
)
every_vendor = pytest.mark.parametrize("vendor", KEYED, ids=lambda vendor: vendor.dialect)


def full_of_keys(vendor: Vendor, model: str | None, spellings: Spellings, first: int = 0) -> EffectiveDevice:
    """A phone each of whose keys has a button, of all types in turn, beginning with that type."""
    return _full(vendor.dialect, model, spellings, first)


@cache
def _full(dialect: str, model: str | None, spellings: Spellings, first: int) -> EffectiveDevice:
    vendor = CATALOGUE.dialects[dialect]
    last = vendor.key_layout(model).max_position
    positions = range(1, (3 * len(EVERY) if last is None else last) + 1)
    template = [
        Button(
            id=f"btn_{position}",
            template_id="btpl",
            position=position,
            type=kind,
            target=target_of(kind, target),
            label=f"key {position} {spellings.text}",
            created_at=NOW,
        )
        for position, (kind, target) in zip(positions, islice(cycle(EVERY), first, first + len(positions)), strict=True)
    ]
    ada = Person(id="user_ada", name=f"Ada {spellings.text}", extension="201", sip_username="ada.1")
    users = [user_on(1, spellings)]
    return phone(vendor, model, SETTINGS, users, buttons=ButtonRows(template, (), {ada.id: ada}))


def _read(effective: EffectiveDevice) -> Pairs:
    vendor = effective.vendor
    rules = [rule for rule in vendor.files if rule.scope == "device" and rule.template]
    return [pair for rule in rules for pair in read_pairs(vendor, rule, render(RENDERER, effective, rule).body)]


@every_layout
def test_every_key_arrives_or_is_told_with_its_reason(vendor: Vendor, model: str | None) -> None:
    """A reader that knows nothing of templates finds every value; what is not there has a reason, and in words."""
    effective = full_of_keys(vendor, model, nasty_for(vendor))
    read = _read(effective)
    names, values = Counter(read), Counter(value for _, value in read)
    written = Counter(item.identity for placed in effective.translation.buttons for item in placed.parameters)
    assert [identity for identity, times in written.items() if times > 1] == [], "keys that share a parameter"
    for placed in effective.translation.buttons:
        where = f"{placed.button.type} at {placed.button.position}"
        assert bool(placed.parameters) is (placed.reason is None), where
        assert placed.reason is None or (placed.message and len(placed.message) > 5), where
        for item in placed.parameters:
            assert names[item.name, item.value] > 0 or values[item.value] > 0, f"{where}: {item.name}"
            assert not [text for text in item.attributes.values() if text and not values[text]], where


@every_layout
def test_hostile_labels_do_not_change_the_shape_of_a_file(vendor: Vendor, model: str | None) -> None:
    """A label must not be able to add a parameter. A key whose label cannot be held is left out whole, and told."""
    wild, tame = full_of_keys(vendor, model, nasty_for(vendor)), full_of_keys(vendor, model, ORDINARY)
    refused = {one.button.position for one in wild.translation.buttons if one.reason is Reason.NOT_EXPRESSIBLE}
    if refused - {one.button.position for one in tame.translation.buttons if one.reason}:
        assert vendor.buttons
        assert vendor.buttons.cannot_carry, "only a dialect that packs texts together may refuse a label"
        return
    assert [name for name, _ in _read(tame)] == [name for name, _ in _read(wild)]


@every_vendor
def test_each_type_of_a_vendor_is_on_a_key_of_some_model(vendor: Vendor) -> None:
    """A code that no model and no target reaches is a mistake."""
    assert vendor.buttons
    reached: set[ButtonType] = set()
    for model in (model for one, model in LAYOUTS if one is vendor):
        keys = _reachable(vendor, model)
        for first in range(0, len(EVERY), keys):
            placed = full_of_keys(vendor, model, ORDINARY, first).translation.buttons
            reached |= {one.button.type for one in placed if one.reason is None}
    assert reached == {kind for kind in ButtonType if vendor.buttons.spoken(kind)}


def _reachable(vendor: Vendor, model: str | None) -> int:
    """How many keys a phone has for certain: where nobody knows, its names may end early."""
    layout = vendor.key_layout(model)
    known = layout.max_position or sum(count or len(EVERY) for _, count in layout.rows)
    return min(known, len(EVERY))


@every_vendor
def test_whatever_a_vendor_lacks_has_a_reason_in_words(vendor: Vendor) -> None:
    """An operator reads at the button why his phone has no such key."""
    assert vendor.buttons
    for kind, forms in vendor.buttons.types.items():
        if not vendor.buttons.spoken(kind):
            assert all(form.unsupported and len(form.unsupported.split()) > 4 for form in forms), kind

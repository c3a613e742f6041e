"""Buttons become parameters: each rule of the format, on a vendor that has nothing else."""

from datetime import UTC, datetime
from typing import Any

from provserver.domain.button_types import ButtonType
from provserver.domain.buttons import Button, ButtonRows, Person, Reason
from provserver.domain.layers import Layer, resolve
from provserver.domain.lines import Repeated
from provserver.domain.vendor import Vendor
from provserver.rendering.buttons import PlacedButton
from provserver.rendering.outcomes import Translation
from provserver.rendering.translate import translate

from .workshop import MAC, line, vendor, written

AT = datetime(2026, 1, 1, tzinfo=UTC)
AREA = {"parameters": {"key{key}.kind": "{kind}", "key{key}.number": "{number}", "key{key}.text": "{label}"}}
MODULES = {"modules": True, "parameters": {"module{module}.key{key}.kind": "{kind}"}}
MODELS = {
    "A1": {"lines": 1, "keys": 2},
    "A3": {"lines": 3, "keys": 4, "expansion": {"modules": 2, "keys": 3}, "capabilities": ["colour"]},
}
ADA = Person(id="ada", name="Ada", extension="101", sip_username="ada")


def _vendor(types: dict[str, Any], areas: dict[str, Any] | None = None, **more: Any) -> Vendor:
    told = {name: more.pop(name) for name in ("names", "families", "syntax") if name in more}
    buttons = {"areas": areas or {"keys": AREA, "modules": MODULES}, "fields": {"label": "{label}"}, "types": types}
    return vendor(None, models=MODELS, buttons=buttons | more, **told)


def _button(position: int, kind: str, label: str | None = None, **target: Any) -> Button:
    return Button(
        id=f"btn_{position}",
        template_id="btpl",
        position=position,
        type=ButtonType(kind),
        target=target,
        label=label,
        created_at=AT,
    )


def _translated(
    acme: Vendor, *buttons: Button, model: str = "A3", abstractions: dict[str, Any] | None = None, **options: Any
) -> Translation:
    resolved = resolve([Layer("device", abstractions or {}, options.get("overrides") or {})])
    rows = ButtonRows(buttons, (), {"ada": ADA, "user_1": ADA})
    lines = options.get("lines", (line(1),))
    return translate(acme, model, resolved, Repeated(lines), MAC, AT, rows)


def _placed(acme: Vendor, *buttons: Button, **options: Any) -> dict[int, PlacedButton]:
    return {one.button.position: one for one in _translated(acme, *buttons, **options).buttons}


def test_a_button_is_written_at_its_key_with_the_fields_of_its_type() -> None:
    acme = _vendor({"speed_dial": {"kind": "dial", "number": "{number}"}, "dnd": {"kind": "dnd"}})
    found = _translated(acme, _button(1, "speed_dial", "Help", destination="112"), _button(6, "dnd"))
    assert written(found) == {
        "key1.kind": "dial",
        "key1.number": "112",
        "key1.text": "Help",
        "module1.key2.kind": "dnd",
    }, "no number is written for a type that has none"


def test_the_first_form_whose_places_are_known_counts() -> None:
    forms = [{"kind": "a", "number": "{number};{feature_codes.pickup}"}, {"kind": "b", "number": "{number}"}]
    acme, watch = _vendor({"blf_extension": forms}), _button(2, "blf_extension", user="ada")
    assert written(_translated(acme, watch))["key2.number"] == "ada"
    code = {"feature_codes": {"pickup": "*8"}}
    assert written(_translated(acme, watch, abstractions=code))["key2.number"] == "ada;*8"
    only = _vendor({"blf_extension": forms[:1]})
    placed = _placed(only, watch)[2]
    assert (placed.reason, placed.message) == (Reason.NOT_EXPRESSIBLE, "feature_codes.pickup is not known here")


def test_a_form_stands_for_targets_areas_and_models() -> None:
    forms = [
        {"kind": "blind", "when": {"mode": "blind"}, "only": ["A3"]},
        {"kind": "waiting", "when": {"mode": "attended"}, "areas": ["modules"]},
    ]
    acme = _vendor({"transfer": forms})
    placed = _placed(
        acme,
        _button(1, "transfer", mode="blind"),
        _button(2, "transfer", mode="attended"),
        _button(5, "transfer", mode="attended"),
    )
    assert [placed[at].reason for at in (1, 2, 5)] == [None, Reason.VENDOR_DOES_NOT_SUPPORT_TYPE, None]
    assert _placed(acme, _button(2, "transfer", mode="blind"), model="A1")[2].reason is not None


def test_a_type_that_is_not_there_tells_why() -> None:
    """An operator reads it at the button; without it he would look for a mistake of his own."""
    types = {
        "url": {"unsupported": "they have no browser"},
        "forward": [{"kind": "fwd", "when": {"destination": None}}, {"unsupported": "the key asks where to"}],
        "line": [{"kind": "line", "own_place": True}, {"unsupported": "a line has its own key"}],
    }
    acme = _vendor(types)
    buttons = [
        _button(1, "url", url="https://a.example"),
        _button(2, "forward"),
        _button(3, "forward", destination="200"),
        _button(4, "line", line_index=1),
    ]
    placed = _placed(acme, *buttons)
    assert {at: one.message for at, one in placed.items()} == {
        1: "Acme phones have no url keys: they have no browser",
        2: None,
        3: "the Acme A3 has no forward key of this kind there: the key asks where to",
        4: "the Acme A3 has no line key of this kind there: a line has its own key",
    }
    assert {one.reason for at, one in placed.items() if at != 2} == {Reason.VENDOR_DOES_NOT_SUPPORT_TYPE}
    assert _placed(acme, _button(1, "line", line_index=1))[1].reason is None
    keyless = _translated(vendor(no_buttons="they have no keys"), _button(1, "dnd")).buttons[0]
    assert (keyless.message or "").endswith("has no programmable keys: they have no keys")


def test_what_the_phone_cannot_do_is_named_and_nothing_of_it_is_written() -> None:
    acme = _vendor({"dnd": {"kind": "dnd"}, "intercom": {"kind": "call", "number": "{number}"}})
    found = _translated(
        acme, _button(1, "conference"), _button(2, "intercom", user="gone"), _button(11, "dnd"), lines=()
    )
    assert written(found) == {}
    assert [(one.reason, one.message) for one in found.buttons] == [
        (Reason.VENDOR_DOES_NOT_SUPPORT_TYPE, "Acme phones have no conference keys"),
        (Reason.NOT_EXPRESSIBLE, "there is no user gone any more"),
        (Reason.POSITION_OUT_OF_RANGE, "the Acme A3 has 10 keys, those of expansion modules included"),
    ]
    keyless = vendor()
    placed = _translated(keyless, _button(1, "dnd")).buttons[0]
    assert placed.reason is Reason.VENDOR_DOES_NOT_SUPPORT_TYPE


def test_a_label_that_cannot_be_held_leaves_out_its_key_and_nothing_else() -> None:
    """One label must not keep a phone from its file."""
    refused = [{"pattern": ";", "why": "holds a semicolon"}]
    syntax = {
        "parameter_name": ".*",
        "booleans": {"true": "1", "false": "0"},
        "cannot_carry": [{"pattern": '"', "why": "holds a quotation mark"}],
    }
    acme = _vendor({"speed_dial": {"kind": "sd", "number": "{number}"}}, cannot_carry=refused, syntax=syntax)
    labels = {1: "a;b", 2: 'a"b', 3: "a\tb", 4: "ab"}
    placed = _placed(acme, *(_button(at, "speed_dial", text, destination="1") for at, text in labels.items()))
    assert {at: one.message for at, one in placed.items()} == {
        1: "its label holds a semicolon",
        2: "key2.text would be a value that holds a quotation mark",
        3: "its label holds a character that cannot be printed",
        4: None,
    }


def test_unused_keys_are_switched_off_on_modules_only_where_keys_are_managed() -> None:
    """Else every phone that could have modules would get parameters for hundreds of keys."""
    areas = {"keys": AREA | {"unused": {"kind": "none"}}, "modules": MODULES | {"unused": {"kind": "none"}}}
    acme = _vendor({"line": {"kind": "line"}, "dnd": {"kind": "dnd"}}, areas)
    bare = written(_translated(acme))
    assert bare == {"key1.kind": "line", "key1.text": "101", **{f"key{key}.kind": "none" for key in (2, 3, 4)}}
    managed = written(_translated(acme, _button(3, "dnd"), _button(9, "conference")))
    assert managed["key3.kind"] == "dnd"
    assert managed["module2.key2.kind"] == "none", "a button that is not on the phone leaves its key unused"
    assert list(managed)[-1] == "module2.key3.kind", "in the order of keys"


def test_numbers_and_lists_make_names_that_follow_no_rule() -> None:
    area = {
        "parameters": {"P{100+5*key0+200*key}": "{kind}", "x{key:odd}.{page}.{page_key0}": "{number}"},
        "per_page": 3,
    }
    acme = _vendor({"speed_dial": {"kind": "1", "number": "{number}"}}, {"keys": area}, names={"odd": ["7", "9", "11"]})
    buttons = [_button(at, "speed_dial", destination=str(at)) for at in (1, 3, 4)]
    assert written(_translated(acme, *buttons, lines=())) == {
        "P300": "1",
        "x7.1.0": "1",
        "P710": "1",
        "x11.1.2": "3",
        "P915": "1",
    }, "beyond the list there is no name"


def test_keys_of_one_counter_are_numbered_among_themselves() -> None:
    area = {"parameters": {"key{key}.index": "{index}", "watched.{nth}": "{watched}"}}
    watch = {"index": "{nth}", "watched": "{number}@{domain}", "counter": "watched"}
    acme = _vendor({"blf_extension": watch, "blf_park": watch, "dnd": {"index": "x"}}, {"keys": area}, fields={})
    found = _translated(
        acme, _button(1, "blf_extension", user="ada"), _button(2, "dnd"), _button(4, "blf_park", slot=7)
    )
    assert written(found) == {
        "key1.index": "1",
        "watched.1": "ada@pbx.example.com",
        "key2.index": "x",
        "key4.index": "2",
        "watched.2": "7@pbx.example.com",
    }


def test_a_label_is_never_read_as_a_place() -> None:
    acme = _vendor({"dnd": {"kind": "dnd"}})
    evil = "{number}{line.password}{kind}"
    assert written(_translated(acme, _button(1, "dnd", evil)))["key1.text"] == evil


def test_attributes_conditions_and_lines_of_parameters() -> None:
    area = {
        "parameters": [
            {"to": "key[{key0}]", "value": "{kind}", "attributes": {"context": "{line}"}, "section": "keys"},
            {"to": "icon[{key0}]", "value": "{kind}", "requires": "colour"},
        ]
    }
    acme = _vendor(
        {"line": {"kind": "line", "line": "{line}"}, "dnd": {"kind": "dnd", "line": "{line0}"}},
        {"keys": area},
        fields={},
    )
    found = _translated(acme, _button(1, "line", line_index=2), _button(2, "dnd"), lines=(line(1), line(2)), model="A1")
    assert [(item.identity, item.attributes) for item in found.parameters] == [
        ("key[1]", {"context": "0"}),
    ], "an A1 has one line, so that the second is nobody's"
    coloured = _translated(acme, _button(1, "line", line_index=2), lines=(line(1), line(2)))
    assert [item.identity for item in coloured.parameters if item.setting == "buttons.1"] == ["key[0]", "icon[0]"]


def test_raw_parameters_replace_what_a_button_became() -> None:
    acme = _vendor({"dnd": {"kind": "dnd"}})
    found = _translated(acme, _button(1, "dnd"), overrides={"key1.kind": "raw"}, lines=())
    assert written(found) == {"key1.kind": "raw", "key1.text": "DND"}
    assert [item.section for item in found.parameters] == ["keys", "keys"]

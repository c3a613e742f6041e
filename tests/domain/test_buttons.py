"""What a device has in the end, and what a button says there."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from provserver.domain.button_types import TARGETS, TEXTS, ButtonType, target_of
from provserver.domain.buttons import (
    Button,
    EffectiveButton,
    Override,
    Person,
    Reason,
    Source,
    Surroundings,
    effective_buttons,
)
from provserver.domain.key_codes import KeyArea, KeyLayout
from provserver.domain.lines import Line
from provserver.domain.vocabulary import check_abstractions

AT = datetime(2026, 1, 1, tzinfo=UTC)
LAYOUT = KeyLayout({"keys": KeyArea(parameters=())}, 4, {}, 0, 0)
ADA = Person(id="user_ada", name="Ada Lovelace", extension="101", sip_username="ada")
BOB = Person(id="user_bob", name="Bob", sip_username="bob", sip_domain="other.example.com")


def _button(position: int, kind: str = "dnd", target: dict[str, Any] | None = None, label: str | None = None) -> Button:
    return Button(
        id=f"btn_{position}",
        template_id="btpl",
        position=position,
        type=ButtonType(kind),
        target=target or {},
        label=label,
        created_at=AT,
    )


def _override(position: int, kind: str | None = None, **target: Any) -> Override:
    return Override(
        id=f"dbo_{position}",
        device_id="dev",
        position=position,
        suppressed=kind is None,
        type=ButtonType(kind) if kind else None,
        target=target,
        created_at=AT,
    )


def _line(number: int, user_id: str = "user_ada") -> Line:
    values = {"line.label": f"10{number}", "line.username": f"user{number}", "line.domain": "pbx.example.com"}
    return Line(number, user_id, values)


def _sources(*found: EffectiveButton) -> dict[int, tuple[str, Source]]:
    return {one.position: (one.type, one.source) for one in found}


def test_template_and_overrides_are_merged_by_position() -> None:
    template = [_button(1), _button(2), _button(3, "conference")]
    overrides = [_override(1, "park", slot=7), _override(2), _override(4, "url", url="http://a/")]
    found = effective_buttons(template, overrides, [], LAYOUT)
    assert _sources(*found) == {
        1: ("park", Source.TEMPLATE_OVERRIDDEN),
        3: ("conference", Source.TEMPLATE),
        4: ("url", Source.OVERRIDE),
    }
    assert [(one.template_button, one.override) for one in found] == [
        ("btn_1", "dbo_1"),
        ("btn_3", None),
        (None, "dbo_4"),
    ]


def test_each_line_has_the_key_of_its_number_where_nothing_else_stands() -> None:
    found = effective_buttons([_button(2)], [_override(4)], [_line(number) for number in (1, 2, 3, 4)], LAYOUT)
    assert _sources(*found) == {
        1: ("line", Source.MODEL_DEFAULT),
        2: ("dnd", Source.TEMPLATE),
        3: ("line", Source.MODEL_DEFAULT),
    }


def test_a_line_that_is_placed_elsewhere_has_no_key_of_its_number() -> None:
    template = [_button(4, "line", {"line_index": 2}), _button(3, "line")]
    found = effective_buttons(template, [], [_line(1), _line(2)], LAYOUT)
    assert _sources(*found) == {3: ("line", Source.TEMPLATE), 4: ("line", Source.TEMPLATE)}


def test_lines_past_the_phones_own_keys_get_none_by_themselves() -> None:
    """The next keys are those of an expansion module, which may not be there."""
    assert [one.position for one in effective_buttons([], [], [_line(4), _line(5)], LAYOUT)] == [4]
    nothing = KeyLayout({}, 0, {}, 0, 0)
    assert effective_buttons([], [], [_line(1)], nothing) == []


def _told(kind: str, target: dict[str, Any], label: str | None = None, **settings: Any) -> Any:
    around = Surroundings(
        [_line(2, "user_bob"), _line(1)],
        {person.id: person for person in (ADA, BOB)},
        {name.replace("__", "."): value for name, value in settings.items()},
    )
    button = EffectiveButton(position=1, type=ButtonType(kind), target=target, source=Source.TEMPLATE, label=label)
    return around.told(button)


@pytest.mark.parametrize(
    ("kind", "target", "label", "texts"),
    [
        ("line", {"line_index": 2}, "102", {"number": "user2"}),
        ("line", {}, "101", {"number": "user1"}),
        ("blf_extension", {"user": "user_ada"}, "Ada Lovelace", {"number": "ada", "extension": "101"}),
        ("blf_extension", {"user": "user_bob"}, "Bob", {"number": "bob", "target_domain": "other.example.com"}),
        ("intercom", {"user": "self"}, "Ada Lovelace", {"number": "101", "target_domain": "pbx.example.com"}),
        ("blf_queue_agent", {"queue": "400", "user": "user_ada"}, "Ada Lovelace", {"number": "400*101"}),
        ("blf_queue_depth", {"queue": "400"}, "400", {"number": "400"}),
        ("blf_park", {"slot": 0}, "0", {"number": "0"}),
        ("speed_dial", {"destination": "112"}, "112", {"number": "112"}),
        ("dtmf", {"digits": "*1"}, "*1", {"digits": "*1"}),
        ("multicast", {"address": "224.0.0.1", "port": 5000}, "224.0.0.1", {"port": "5000"}),
        ("dnd", {}, "DND", {}),
        ("forward", {}, "Forward", {}),
    ],
)
def test_a_button_says_what_it_is_about(kind: str, target: dict[str, Any], label: str, texts: dict[str, str]) -> None:
    told = _told(kind, target)
    assert told.label == label
    assert told.texts.items() >= texts.items()
    assert told.missing is None
    assert _told(kind, target, "Mine").label == "Mine"


def test_the_own_mailbox_is_dialled_by_its_number_and_nobody_elses() -> None:
    assert _told("voicemail", {}, voicemail__number="*97").texts == {"number": "*97"}
    assert _told("voicemail", {"user": "self"}, voicemail__number="*97").texts["number"] == "*97"
    assert "number" not in _told("voicemail", {"user": "user_bob"}, voicemail__number="*97").texts
    assert "number" not in _told("voicemail", {}).texts


@pytest.mark.parametrize(
    ("kind", "target", "setting", "pattern", "number"),
    [
        ("blf_park", {"slot": 701}, "park_number", "park+{slot}", "park+701"),
        ("park", {"slot": 701}, "park_number", "*68{slot}", "*68701"),
        ("park", {}, "park_anywhere_number", "*68", "*68"),
        ("intercom", {"user": "user_ada"}, "intercom_number", "*80{extension}", "*80101"),
        ("blf_queue_depth", {"queue": "400"}, "queue_number", "queue-{queue}", "queue-400"),
        ("blf_queue_agent", {"queue": "4", "user": "self"}, "queue_agent_number", "*45{extension}*{queue}", "*45101*4"),
        ("blf_voicemail_shared", {"shared_voicemail_box": "9"}, "shared_voicemail_number", "*98{box}", "*989"),
        ("voicemail", {"user": "user_bob"}, "user_voicemail_number", "*98{extension}", "*98bob"),
        ("record_toggle", {}, "record_number", "*1", "*1"),
    ],
)
def test_numbers_are_those_of_the_sip_service(
    kind: str, target: dict[str, Any], setting: str, pattern: str, number: str
) -> None:
    assert _told(kind, target, **{f"buttons__{setting}": pattern}).texts["number"] == number
    check_abstractions({"buttons": {setting: pattern}})


def test_what_is_not_there_is_missing_for_a_reason() -> None:
    assert _told("line", {"line_index": 3}).missing == (Reason.NO_OWNING_USER, "line 3 has no user")
    gone = _told("intercom", {"user": "user_gone"}).missing
    assert gone == (Reason.NOT_EXPRESSIBLE, "there is no user user_gone any more")
    alone = Surroundings([], {}, {})
    own = EffectiveButton(position=1, type=ButtonType.INTERCOM, target={"user": "self"}, source=Source.TEMPLATE)
    missing = alone.told(own).missing
    assert missing
    assert missing[0] is Reason.NO_OWNING_USER


def test_every_type_has_a_target_and_says_what_vendor_files_may_name() -> None:
    assert set(TARGETS) == set(TEXTS) == set(ButtonType)


@pytest.mark.parametrize("target", [{"user": "a b"}, {"user": ""}, {"user": 5}, {}, {"user": "self", "more": 1}])
def test_a_target_is_what_its_type_takes(target: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        target_of(ButtonType.INTERCOM, target)

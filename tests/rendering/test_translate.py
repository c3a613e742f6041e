"""Translation decides what a phone is told: each rule of the format, on a vendor that has nothing else."""

from typing import Any

import pytest

from provserver.domain.layers import Layer
from provserver.domain.vendor import Vendor
from provserver.rendering.outcomes import Outcome
from provserver.rendering.parameters import is_secret, spell_raw

from .workshop import line, translated, vendor, written


def _written(
    settings: dict[str, Any], abstractions: dict[str, Any], *lines: Any, model: str | None = "A3"
) -> dict[str, str]:
    return written(translated(vendor(settings), abstractions, *lines, model=model))


def _outcome(settings: dict[str, Any], abstractions: dict[str, Any], path: str, model: str | None = "A3") -> Outcome:
    return translated(vendor(settings), abstractions, line(1), model=model).outcomes[path]


def test_values_are_spelled_as_the_vendor_does() -> None:
    settings = {
        "sip.port": "port",
        "sip.transport": {"to": "transport", "values": {"udp": "0", "tcp": "1"}},
        "features.dnd_enabled": "dnd",
        "voicemail.mwi_enabled": {"to": "mwi", "values": {"true": "on", "false": "off"}},
        "audio.ring_volume": {"to": "volume", "values": {"50": "mid"}},
        "network.ntp_server": {"to": ["ntp", "ntp_again"]},
    }
    abstractions = {
        "sip": {"port": 5070, "transport": "tcp"},
        "features": {"dnd_enabled": False},
        "voicemail": {"mwi_enabled": True},
        "audio": {"ring_volume": 50},
        "network": {"ntp_server": "t.example.com"},
    }
    assert _written(settings, abstractions) == {
        "port": "5070",
        "transport": "1",
        "dnd": "0",
        "mwi": "on",
        "volume": "mid",
        "ntp": "t.example.com",
        "ntp_again": "t.example.com",
    }


def test_a_value_without_a_spelling_is_named_and_not_written() -> None:
    settings = {"sip.transport": {"to": "transport", "values": {"udp": "0"}}}
    outcome = _outcome(settings, {"sip": {"transport": "tls"}}, "sip.transport")
    assert not outcome.supported
    assert outcome.reasons == ["this vendor has no spelling for tls"]
    assert outcome.parameters == []


def test_what_nobody_set_is_not_written() -> None:
    """A parameter without a value would overwrite what the phone has."""
    assert _written({"sip.port": "port"}, {}) == {}


def test_parameters_stand_in_the_order_of_the_vendor_file() -> None:
    settings = {"voicemail.number": "mailbox", "sip.port": "port"}
    acme = Vendor.model_validate(
        vendor().model_dump() | {"settings": {path: [{"to": (name,)}] for path, name in settings.items()}}
    )
    assert list(written(translated(acme, {"sip": {"port": 1}, "voicemail": {"number": "9"}}))) == ["mailbox", "port"]


def test_line_values_are_written_for_each_line_that_has_them() -> None:
    settings = {"line.username": "user.{line}", "line.password": "pass.{line0}", "line.domain": "domain.{line}"}
    nowhere = line(2, domain=None)
    without = type(nowhere)(2, "u", {path: value for path, value in nowhere.values.items() if value is not None})
    assert _written(settings, {}, line(1), without) == {
        "user.1": "user1",
        "pass.0": "secret1",
        "domain.1": "pbx.example.com",
        "user.2": "user2",
        "pass.1": "secret2",
    }


def test_a_setting_of_all_lines_is_repeated_for_each_line() -> None:
    assert _written({"sip.port": "port.{line}"}, {"sip": {"port": 5070}}, line(1), line(3)) == {
        "port.1": "5070",
        "port.3": "5070",
    }


def test_a_setting_of_all_lines_is_written_nowhere_without_lines() -> None:
    assert _written({"sip.port": "port.{line}"}, {"sip": {"port": 5070}}) == {}


def test_lines_beyond_the_model_are_left_out_and_named() -> None:
    settings = {"line.username": "user.{line}", "sip.port": "port.{line}"}
    found = translated(vendor(settings), {"sip": {"port": 1}}, line(1), line(2), line(5), model="A1")
    assert written(found) == {"user.1": "user1", "port.1": "1"}
    assert found.lines_not_rendered == (2, 5)
    assert [item.number for item in found.rendered_lines] == [1]


def test_a_model_whose_lines_are_not_known_shows_all_of_them() -> None:
    found = translated(vendor({"line.username": "user.{line}"}), {}, line(24), model=None)
    assert written(found) == {"user.24": "user24"}


def test_unused_lines_are_switched_off_up_to_the_models_own() -> None:
    """Else a user who was taken off a phone stays registered on it."""
    acme = vendor({"line.username": "user.{line}"}, unused_lines=[{"to": "off.{line}", "value": "{line0}"}])
    assert written(translated(acme, {}, line(2))) == {"off.1": "0", "off.3": "2", "user.2": "user2"}
    assert written(translated(acme, {}, line(2), model=None)) == {"user.2": "user2"}


def test_constants_are_always_written_once_or_for_each_line() -> None:
    acme = vendor(
        constants=[
            {"to": "id", "value": "{mac}"},
            {"to": "key.{line}", "value": "line {line}", "attributes": {"context": "{line0}"}},
            {"to": "screen", "value": "1", "requires": "colour"},
            {"to": "small", "value": "1", "only": ["A1"]},
        ]
    )
    found = translated(acme, {}, line(1), line(2))
    assert written(found) == {"id": "0200001a2b3c", "key.1": "line 1", "key.2": "line 2", "screen": "1"}
    assert [item.attributes for item in found.parameters if item.line] == [{"context": "0"}, {"context": "1"}]
    assert {item.layer for item in found.parameters} == {"vendor"}


def test_a_setting_beats_a_constant_of_the_same_name_and_stands_in_its_place() -> None:
    acme = vendor({"sip.port": "port"}, constants=[{"to": "port", "value": "5060"}, {"to": "other", "value": "1"}])
    assert list(written(translated(acme, {"sip": {"port": 5070}})).items()) == [("port", "5070"), ("other", "1")]


def test_a_setting_that_travels_in_another_ones_parameter_shares_it() -> None:
    settings = {
        "sip.server": {"carried_by": "line.server"},
        "line.server": {"to": "server.{line}"},
        "sip.port": {"carried_by": "sip.transport"},
    }
    found = translated(vendor(settings), {"sip": {"server": "s.example.com", "port": 1}}, line(1))
    assert found.outcomes["sip.server"].supported
    assert found.outcomes["sip.server"].parameters == found.outcomes["line.server"].parameters != []
    assert found.outcomes["sip.port"].carried_by == "sip.transport"
    assert found.outcomes["sip.port"].parameters == []


def test_what_a_vendor_cannot_say_is_told_with_its_reason() -> None:
    assert _outcome({}, {"sip": {"port": 1}}, "sip.port").reasons == ["not made for it"]


@pytest.mark.parametrize(
    ("condition", "has", "lacks"),
    [({"only": ["A3"]}, "A3", "A1"), ({"excluding": ["A1"]}, "A3", "A1"), ({"requires": "colour"}, "A3", "A1")],
)
def test_a_parameter_that_a_model_lacks_is_told_and_not_written(
    condition: dict[str, Any], has: str, lacks: str
) -> None:
    settings = {"sip.port": {"to": "port", **condition}}
    assert _written(settings, {"sip": {"port": 1}}, model=has) == {"port": "1"}
    assert _written(settings, {"sip": {"port": 1}}, model=lacks) == {}
    assert _outcome(settings, {"sip": {"port": 1}}, "sip.port", lacks).reasons == ["A1 does not have it"]


def test_a_model_that_is_not_known_yet_is_called_so() -> None:
    outcome = _outcome({"sip.port": {"to": "port", "only": ["A1"]}}, {"sip": {"port": 1}}, "sip.port", None)
    assert outcome.reasons == ["a model not known yet does not have it"]


def test_of_several_mappings_those_that_fit_are_written() -> None:
    settings = {"sip.port": [{"to": "old", "only": ["A1"]}, {"to": "new", "excluding": ["A1"]}, {"to": "always"}]}
    assert _written(settings, {"sip": {"port": 1}}, model="A1") == {"old": "1", "always": "1"}
    assert _written(settings, {"sip": {"port": 1}}, model="A3") == {"new": "1", "always": "1"}


LIST = {"names": {"PCMU": "ulaw", "PCMA": "alaw", "G722": "g722"}}


def test_a_list_is_joined_in_its_order() -> None:
    settings = {"audio.codecs": {"list": {**LIST, "to": "codecs", "join": ";", "after": ["tone"]}}}
    assert _written(settings, {"audio": {"codecs": ["G722", "PCMU"]}}) == {"codecs": "g722;ulaw;tone"}


def test_a_list_may_become_parameters_per_item_chosen_or_not() -> None:
    spelling = {**LIST, "chosen": {"{item}.on": "1", "{item}.rank": "{position}"}, "others": {"{item}.on": "0"}}
    assert _written({"audio.codecs": {"list": spelling}}, {"audio": {"codecs": ["PCMA", "G722"]}}) == {
        "alaw.on": "1",
        "alaw.rank": "1",
        "g722.on": "1",
        "g722.rank": "2",
        "ulaw.on": "0",
    }
    spelling = {**LIST, "chosen": {"{item}": "{falling}"}}
    written = _written({"audio.codecs": {"list": spelling}}, {"audio": {"codecs": ["PCMA", "G722"]}})
    assert written == {"alaw": "255", "g722": "254"}


def test_a_list_of_all_lines_is_repeated_for_each() -> None:
    settings = {"audio.codecs": {"list": {**LIST, "chosen": {"{line}.{item}": "{position}"}}}}
    assert _written(settings, {"audio": {"codecs": ["PCMA"]}}, line(1), line(2)) == {"1.alaw": "1", "2.alaw": "1"}


def test_an_item_that_the_vendor_lacks_is_told_and_the_others_are_written() -> None:
    settings = {"audio.codecs": {"list": {**LIST, "to": "codecs.{line}"}}}
    found = translated(vendor(settings), {"audio": {"codecs": ["OPUS", "PCMU", "ILBC"]}}, line(1), line(2))
    assert written(found) == {"codecs.1": "ulaw", "codecs.2": "ulaw"}
    assert found.outcomes["audio.codecs"].reasons == ["this vendor has no OPUS", "this vendor has no ILBC"]


def test_a_list_of_nothing_the_vendor_has_writes_nothing() -> None:
    """An empty codec list leaves a phone that can be called but not heard."""
    outcome = _outcome(
        {"audio.codecs": {"list": {**LIST, "to": "codecs"}}}, {"audio": {"codecs": ["OPUS"]}}, "audio.codecs"
    )
    assert outcome.parameters == []
    assert outcome.reasons == ["this vendor has none of the items", "this vendor has no OPUS"]


def test_a_raw_parameter_replaces_what_a_setting_became_and_that_is_told() -> None:
    found = translated(vendor({"sip.port": "port"}), {"sip": {"port": 1}}, overrides={"port": 5099})
    (parameter,) = found.parameters
    assert (parameter.value, parameter.setting, parameter.layer) == ("5099", "sip.port", "device")
    assert found.outcomes["sip.port"].reasons == ["port is set by vendor_overrides of device"]


def test_a_raw_parameter_may_be_new_and_joins_the_section_of_its_kind() -> None:
    settings = {"line.username": {"to": "user.{line}", "section": "accounts"}}
    acme = vendor(settings, constants=[{"to": "key[0]", "value": "1", "section": "keys"}])
    found = translated(acme, {}, line(1), overrides={"brand.new": True, "user.7": "x", "key[9]": "y"})
    sections = {item.identity: item.section for item in found.parameters}
    assert sections == {
        "key[0]": "keys",
        "user.1": "accounts",
        "brand.new": "settings",
        "user.7": "accounts",
        "key[9]": "keys",
    }
    assert written(found)["brand.new"] == "1"


def test_the_strongest_raw_parameter_wins_whatever_layer_a_setting_is_from() -> None:
    under = [Layer("platform", {}, {"port": "raw"})]
    found = translated(vendor({"sip.port": "port"}), {"sip": {"port": 1}}, under=under)
    assert written(found) == {"port": "raw"}
    assert found.parameters[0].layer == "platform"


def test_each_parameter_tells_where_its_value_is_from() -> None:
    found = translated(vendor({"sip.port": "port", "line.username": "user.{line}"}), {"sip": {"port": 1}}, line(1))
    told = {item.identity: (item.setting, item.layer, item.line) for item in found.parameters}
    assert told == {"port": ("sip.port", "device", None), "user.1": ("line.username", "assignment", 1)}


def test_names_indices_and_tags_are_told_apart() -> None:
    settings = {"sip.port": {"to": ["port[7]#first", "port[7]#second", "plain"]}}
    parameters = translated(vendor(settings), {"sip": {"port": 1}}).parameters
    assert [(item.name, item.index) for item in parameters] == [("port", "7"), ("port", "7"), ("plain", None)]


def test_what_a_person_typed_as_a_label_is_never_taken_for_a_place_to_fill() -> None:
    settings = {"line.username": {"to": "user.{line}", "attributes": {"label": "<{line.label}> {line}"}}}
    found = translated(vendor(settings), {}, line(2, label="{line} {line0} {line.label}"))
    assert found.parameters[0].attributes == {"label": "<{line} {line0} {line.label}> 2"}


SECRET_SETTINGS = {
    "line.password": "pass.{line}",
    "access.admin_password": "admin[0]",
    "sip.port": "port",
    "provisioning.url": "server.url",
}


@pytest.mark.parametrize(
    ("identity", "secret"),
    [
        ("pass.1", True),
        ("pass.24", True),
        ("pass.x", False),
        ("admin[0]", True),
        ("server.url", True),
        ("port", False),
        ("wifi_key", True),
        ("wifi_key[3]", True),
        ("wifi_key_length", False),
    ],
)
def test_a_raw_parameter_is_a_secret_where_a_secret_setting_or_the_vendor_says_so(identity: str, secret: bool) -> None:
    """Anything missed here is shown to whoever may read a device's settings."""
    acme = vendor(SECRET_SETTINGS, secret_parameters=["wifi_key"])
    assert is_secret(identity, acme) is secret
    found = translated(acme, {}, overrides={identity: "x"})
    assert [item.secret for item in found.parameters] == [secret]


def test_what_secret_settings_become_is_marked() -> None:
    found = translated(vendor(SECRET_SETTINGS), {"access": {"admin_password": "x"}, "sip": {"port": 1}}, line(1))
    assert {item.identity: item.secret for item in found.parameters} == {
        "pass.1": True,
        "admin[0]": True,
        "port": False,
    }


@pytest.mark.parametrize(("value", "text"), [(True, "1"), (False, "0"), (5, "5"), ("x", "x"), (1.5, "1.5")])
def test_a_raw_value_is_spelled_as_the_vendor_does(value: Any, text: str) -> None:
    assert spell_raw(value, vendor()) == text


def test_a_converter_that_writes_nothing_leaves_the_parameter_out() -> None:
    settings = {"sip.outbound_proxy": [{"to": "host", "convert": "host"}, {"to": "port", "convert": "port"}]}
    assert _written(settings, {"sip": {"outbound_proxy": "p.example.com"}}) == {"host": "p.example.com"}


def test_a_reason_of_every_line_is_told_once() -> None:
    settings = {"sip.transport": {"to": "transport.{line}", "values": {}}}
    found = translated(vendor(settings), {"sip": {"transport": "udp"}}, line(1), line(2), line(3))
    assert found.outcomes["sip.transport"].reasons == ["this vendor has no spelling for udp"]

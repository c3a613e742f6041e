"""The flat index drives validation, masking and coverage: a setting it misses is one nobody checks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.errors import Invalid
from provserver.domain.settings import Abstractions
from provserver.domain.vocabulary import LINE_VALUES, SECRETS, SETTINGS, check_abstractions, flatten


def _leaves(schema: dict[str, Any], definitions: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, spec in schema["properties"].items():
        reference = next((option["$ref"] for option in spec.get("anyOf", [spec]) if "$ref" in option), None)
        if reference:
            found |= _leaves(definitions[reference.rpartition("/")[2]], definitions, f"{prefix}{name}.")
        else:
            found.add(f"{prefix}{name}")
    return found


def test_the_index_holds_every_setting_of_the_models_and_nothing_else() -> None:
    schema = Abstractions.model_json_schema()
    assert set(SETTINGS) == _leaves(schema, schema["$defs"])


@pytest.mark.parametrize("path", sorted(SETTINGS))
def test_every_setting_says_what_it_means_and_of_which_type_it_is(path: str) -> None:
    """The documentation and the schema are made from it."""
    setting = SETTINGS[path]
    assert setting.meaning
    assert setting.schema.keys() & {"type", "enum", "const"}
    assert not {key for key in setting.schema if key.startswith("x-")}


def test_units_are_told_where_a_number_has_one() -> None:
    for path in ("sip.register_expires", "audio.ring_volume", "provisioning.polling_interval"):
        assert SETTINGS[path].unit


def test_exactly_what_must_not_be_shown_is_a_secret() -> None:
    """A password that is missing here is logged and shown in every answer."""
    assert {
        "network.dot1x.password",
        "access.admin_password",
        "access.user_password",
        "provisioning.url",
        "provisioning.password",
        "provisioning.encryption_key",
        "phonebook.ldap.password",
    } == SECRETS
    assert {path for path in SETTINGS if "password" in path} <= SECRETS
    assert {path for path, value in LINE_VALUES.items() if value.secret} == {"line.password"}


def test_a_setting_that_travels_in_another_one_names_one_that_exists() -> None:
    travelling = {path: setting.expressed_by for path, setting in SETTINGS.items() if setting.expressed_by}
    assert travelling == {"features.srtp_enabled": "sip.srtp_mode"}
    assert set(travelling.values()) <= set(SETTINGS)


def test_all_mistakes_are_told_at_once_with_their_paths() -> None:
    """A client that mends one after the other would need as many requests as it made mistakes."""
    document = {"sip": {"port": 0, "dmain": "x"}, "audio": {"jitter_buffer": {"mode": 1}}, "sipp": {}}
    with pytest.raises(Invalid, match="and 3 more") as failure:
        check_abstractions(document)
    assert set(failure.value.details) == {
        "abstractions.sip.port",
        "abstractions.sip.dmain",
        "abstractions.audio.jitter_buffer.mode",
        "abstractions.sipp",
    }


def test_our_own_reasons_come_without_the_name_of_an_exception() -> None:
    with pytest.raises(Invalid) as failure:
        check_abstractions({"regional": {"timezone": "Nowhere"}}, "")
    assert failure.value.details == {"regional.timezone": "is not an IANA time zone; write it like Europe/Berlin"}
    assert failure.value.message == "regional.timezone: is not an IANA time zone; write it like Europe/Berlin"


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        ({"audio": {"codec": ["PCMU"]}}, "audio.codec", "is not known here; did you mean audio.codecs?"),
        ({"adio": {}}, "adio", "is not known here; did you mean audio?"),
        ({"audio": {"xyzzy": 1}}, "audio.xyzzy", "is not known here"),
        ({"audio": {"vad_enabled": "yes"}}, "audio.vad_enabled", "must be true or false"),
        ({"audio": {"codecs": []}}, "audio.codecs", "must have at least 1 item"),
        ({"audio": {"codecs": ["PCMU", "PCMU"]}}, "audio.codecs", "PCMU is listed twice"),
        ({"network": {"vlan_id": 4095}}, "network.vlan_id", "must be less than or equal to 4094"),
        ({"voicemail": {"number": "a b"}}, "voicemail.number", "may only hold the characters 0-9A-Za-z*#+._@:-"),
        (
            {"audio": {"jitter_buffer": {"min_ms": 300, "max_ms": 200}}},
            "audio.jitter_buffer.min_ms",
            "is more than max_ms, which is 200",
        ),
    ],
)
def test_what_is_wrong_is_told_in_words_for_people(document: Any, path: str, reason: str) -> None:
    with pytest.raises(Invalid) as failure:
        check_abstractions(document)
    assert failure.value.details == {f"abstractions.{path}": reason}


@pytest.mark.parametrize("document", [None, [], "sip", 5, {"sip": []}, {"sip": 5}, {"sip": {"domain": {}}}])
def test_a_document_of_the_wrong_shape_is_invalid_and_no_crash(document: Any) -> None:
    with pytest.raises(Invalid) as failure:
        check_abstractions(document)
    assert all(name.startswith("abstractions") for name in failure.value.details)


def test_a_document_without_a_field_of_its_own_is_called_body() -> None:
    with pytest.raises(Invalid) as failure:
        check_abstractions("text", "")
    assert list(failure.value.details) == ["body"]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["sip", "port", "audio", "codecs", "display", "x"]), inner, max_size=3)
    ),
)


@given(json)
def test_no_document_makes_the_check_fail_with_anything_but_invalid(document: Any) -> None:
    details: dict[str, str] | None = None
    try:
        check_abstractions(document)
    except Invalid as failure:
        details = failure.details
    assert details is None or all(details.values())


def test_absent_and_null_leave_nothing_and_lists_are_values() -> None:
    assert flatten({"a": {"b": None, "c": {}}, "d": None, "e": [1, None]}) == {"e": [1, None]}

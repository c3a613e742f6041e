"""The questions that the rest asks of a vendor: which model is this, does that fit it, which files will it ask for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from provserver.domain.mappings import Constant, Mapping

from .fleet import ACME, catalogue, vendor

ACME_VENDOR = vendor()


@pytest.mark.parametrize(
    ("spelled", "model"),
    [("A1", "A1"), ("a1", "A1"), ("a1-rev2", "A1"), ("A2", "A2"), ("A9", None), ("", None), (None, None)],
)
def test_a_model_is_known_by_any_of_its_spellings(spelled: str | None, model: str | None) -> None:
    assert ACME_VENDOR.model_named(spelled) == model


def test_a_models_own_name_beats_another_models_second_spelling() -> None:
    confusing = vendor(models={"A1": {"lines": 1}, "A2": {"lines": 2, "also": ["a1"]}}, families={})
    assert confusing.model_named("A1") == "A1"


def test_a_model_that_nobody_knows_gets_the_cautious_assumption() -> None:
    assert ACME_VENDOR.model("A3").lines == 3
    assert ACME_VENDOR.model("Z9") == ACME_VENDOR.model(None) == ACME_VENDOR.unknown_model


@pytest.mark.parametrize(
    ("condition", "fitting"),
    [
        ({}, {"A1", "A2", "A3", None}),
        ({"only": ["A1"]}, {"A1"}),
        ({"only": ["big"]}, {"A2", "A3"}),
        ({"only": ["big", "A1"]}, {"A1", "A2", "A3"}),
        ({"excluding": ["big"]}, {"A1", None}),
        ({"excluding": ["A1"]}, {"A2", "A3", None}),
        ({"only": ["big"], "excluding": ["A3"]}, {"A2"}),
        ({"requires": "colour"}, {"A2"}),
        ({"requires": "colour", "excluding": ["A2"]}, set()),
    ],
)
def test_conditions_choose_models_and_an_unknown_model_gets_no_special(
    condition: dict[str, Any], fitting: set[str | None]
) -> None:
    """A parameter that a model does not have can make the phone refuse its whole file."""
    mapping = Mapping.model_validate({"to": "x", **condition})
    constant = Constant.model_validate({"to": "x", "value": "1", **condition})
    for model in ("A1", "a1", "A2", "A3", None):
        expected = (ACME_VENDOR.model_named(model)) in fitting
        assert ACME_VENDOR.applies(mapping, model) is expected
        assert ACME_VENDOR.applies(constant, model) is expected


def test_the_files_of_a_model_are_named_as_it_will_ask_for_them() -> None:
    assert [(rule.id, name) for rule, name in ACME_VENDOR.rules_for("A1")] == [
        ("own", "{mac}.cfg"),
        ("named", "A1-{MAC}.cfg"),
        ("common", "a1.common"),
    ]


def test_a_file_whose_name_holds_the_model_is_not_told_before_the_model_is_known() -> None:
    """`snom-000413….htm` with a hole in it is a file that no phone asks for."""
    assert [rule.id for rule, _ in ACME_VENDOR.rules_for(None)] == ["own"]


def test_the_longest_block_wins_because_vendors_live_inside_others_blocks() -> None:
    both = catalogue()
    owners = {
        bare: owner.vendor if (owner := both.by_mac(bare)) else None
        for bare in ("02000a100000", "02000a200000", "020000aaaaaa", "030000000000")
    }
    assert owners == {"02000a100000": "acme", "02000a200000": "bell", "020000aaaaaa": "acme", "030000000000": None}


@given(st.integers(0, 2**48 - 1).map(lambda n: f"{n:012x}"))
def test_no_longer_block_than_the_chosen_one_holds_the_address(bare: str) -> None:
    both = catalogue()
    fitting = {prefix: v.vendor for v in both.dialects.values() for prefix in v.mac_prefixes if bare.startswith(prefix)}
    chosen = both.by_mac(bare)
    assert (chosen.vendor if chosen else None) == (fitting[max(fitting, key=len)] if fitting else None)


@pytest.mark.parametrize("name", ["acme", "ACME", "acme_phones", "Acme_Phones"])
def test_a_vendor_answers_to_its_name_and_aliases_in_any_case(name: str) -> None:
    assert catalogue().vendor_named(name) == "acme"
    assert [dialect.dialect for dialect in catalogue().dialects_of(name)] == ["acme"]
    assert catalogue().vendor_named("apple") is None
    assert catalogue().dialects_of("apple") == []


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({}, "exactly one of"),
        ({"to": "a", "unsupported": "no"}, "exactly one of"),
        ({"carried_by": "sip.port", "unsupported": "no"}, "exactly one of"),
        ({"to": "a", "list": {"names": {}}}, "exactly one of"),
        ({"to": "a", "vlaues": {}}, "Extra inputs"),
    ],
)
def test_a_mapping_says_exactly_one_thing(mapping: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Mapping.model_validate(mapping)


def test_a_mapping_may_be_written_as_only_a_name_or_as_several_names() -> None:
    assert Mapping.model_validate("a").to == Mapping.model_validate({"to": "a"}).to == ("a",)
    assert Mapping.model_validate({"to": ["a", "b"]}).to == ("a", "b")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"vendor": "Acme!"}, "pattern"),
        ({"mac_prefixes": {"0200": {}}}, "pattern"),
        ({"mac_prefixes": {"02000A": {}}}, "pattern"),
        ({"mac_prefixes": {"020000000000": {}}}, "pattern"),
        ({"user_agents": [{"pattern": "("}]}, "not a regular expression"),
        ({"user_agents": [{"pattern": 5}]}, "not text"),
        ({"evidence": "hearsay"}, "vendor_guide"),
        ({"modles": {}}, "Extra inputs"),
    ],
)
def test_a_vendor_file_with_a_mistake_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        vendor(ACME, **change)

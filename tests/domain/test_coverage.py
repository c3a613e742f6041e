"""The coverage table tells a buyer which phones can do what: "yes" must mean yes."""

from typing import Any

import pytest

from provserver.domain.button_types import ButtonType
from provserver.domain.coverage import buttons_of, coverage_of

from .fleet import ACME, vendor


def _coverage(mappings: Any) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    found = coverage_of(vendor(ACME, settings={"sip.port": mappings}), "sip.port")
    return found.mark, found.parameters, found.reasons


@pytest.mark.parametrize(
    ("mappings", "mark", "parameters", "reasons"),
    [
        ("port", "yes", ("port",), ()),
        ({"to": ["a", "b"]}, "yes", ("a", "b"), ()),
        ({"to": "a", "evidence": "unverified"}, "yes ?", ("a",), ()),
        ({"unsupported": "never heard of it"}, "no", (), ("never heard of it",)),
        ({"carried_by": "line.server"}, "with line.server", (), ()),
        ({"to": "a", "only": ["A1"]}, "some models", ("a",), ()),
        ({"to": "a", "excluding": ["A1"]}, "some models", ("a",), ()),
        ({"to": "a", "requires": "colour"}, "some models", ("a",), ()),
        ({"to": "a", "only": ["A1"], "evidence": "unverified"}, "some models ?", ("a",), ()),
        ([{"to": "a", "only": ["A1"]}, {"to": "b"}], "yes", ("a", "b"), ()),
        ([{"to": "a", "only": ["A1"]}, {"to": "b", "excluding": ["A1"]}], "yes", ("a", "b"), ()),
        ([{"to": "a"}, {"to": "a"}], "yes", ("a",), ()),
        (
            [{"to": "a", "only": ["A1"]}, {"unsupported": "too small", "excluding": ["A1"]}],
            "some models",
            ("a",),
            ("too small",),
        ),
        ([{"carried_by": "line.server"}, {"to": "a"}], "yes", ("a",), ()),
        ({"list": {"names": {}, "to": "joined"}}, "yes", ("joined",), ()),
        (
            {"list": {"names": {}, "chosen": {"on.{item}": "1"}, "others": {"off.{item}": "0"}}},
            "yes",
            ("on.{item}", "off.{item}"),
            (),
        ),
    ],
)
def test_what_the_table_says_of_a_setting(
    mappings: Any, mark: str, parameters: tuple[str, ...], reasons: tuple[str, ...]
) -> None:
    assert _coverage(mappings) == (mark, parameters, reasons)


def test_doubt_about_the_whole_file_is_doubt_about_what_says_nothing_itself() -> None:
    doubtful = vendor(ACME, evidence="unverified", settings={"a": "x", "b": {"to": "y", "evidence": "vendor_guide"}})
    assert (coverage_of(doubtful, "a").mark, coverage_of(doubtful, "b").mark) == ("yes ?", "yes")


def test_what_the_table_says_of_keys() -> None:
    """Whoever buys phones reads why a key is not there."""
    types = {
        "dnd": {"kind": "dnd"},
        "url": {"unsupported": "no browser"},
        "park": [{"kind": "park", "only": ["A1"]}, {"unsupported": "too old"}],
    }
    keys = {"areas": {"keys": {"parameters": {"key{key}": "{kind}"}}}, "types": types}
    models = {"A1": {"keys": 2}, "A2": {"keys": 2}}
    acme = vendor(ACME, models=models, buttons=keys, no_buttons=None)
    found = {kind: buttons_of(acme, ButtonType(kind)) for kind in types}
    assert {kind: (one.mark, one.reasons) for kind, one in found.items()} == {
        "dnd": ("yes", ()),
        "url": ("no", ("no browser",)),
        "park": ("some models", ("too old",)),
    }
    keyless = vendor(ACME, models=models, no_buttons="no keys at all")
    assert buttons_of(keyless, ButtonType.DND) == buttons_of(keyless, ButtonType.LINE)
    assert buttons_of(keyless, ButtonType.DND).reasons == ("no keys at all",)
    recognised = vendor(ACME, models={"A1": {"not_rendered": "nobody knows its files"}})
    assert buttons_of(recognised, ButtonType.DND).reasons == ("nobody knows its files",)

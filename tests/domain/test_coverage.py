"""The coverage table tells a buyer which phones can do what: "yes" must mean yes."""

from typing import Any

import pytest

from provserver.domain.coverage import coverage_of

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

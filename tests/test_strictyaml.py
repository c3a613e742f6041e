"""YAML guesses; a guess wrong by one character is a MAC prefix that no phone has."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from provserver.domain.errors import BadConfiguration
from provserver.strictyaml import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("5060", 5060),
        ("'001565'", "001565"),
        ('"5060"', "5060"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("1.5", "1.5"),
        ("1e3", "1e3"),
        ("2026-11-22", "2026-11-22"),
        ("TRUE", "TRUE"),
        (".inf", ".inf"),
        ("9" * 5000, "9" * 5000),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_a_value_is_what_a_person_would_read(text: str, value: Any) -> None:
    assert parse(f"key: {text}", "f.yaml").value == {"key": value}


@pytest.mark.parametrize("text", ["001565", "24:15:45", "0x1F", "0o17", "00", "12:30"])
def test_what_yaml_would_read_as_another_number_must_stand_in_quotes(text: str) -> None:
    """YAML reads 001565 as 885 and 24:15:45 as 87345."""
    with pytest.raises(BadConfiguration, match=rf"^f.yaml:2: prefix: put {text} in quotes"):
        parse(f"a: 1\nprefix: {text}\n", "f.yaml")
    with pytest.raises(BadConfiguration, match=rf"^f.yaml:3: {text}: put it in quotes"):
        parse(f"a: 1\nprefixes:\n  {text}: {{}}\n", "f.yaml")
    assert parse(f"'{text}': '{text}'", "f.yaml").value == {text: text}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "f.yaml:4: b.c: the key stands here twice"),
        ("a: [1, {x: 1, x: 2}]\n", "f.yaml:1: a.1.x: the key stands here twice"),
        ("? [a]\n: 1\n", "f.yaml:1: a key must be text"),
        ("a: 1\n\tb: 2\n", "f.yaml:2: not readable as YAML"),
        ("a: 'x\n", "f.yaml:2: not readable as YAML"),
        ("a: 1\n--- \nb: 2\n", "f.yaml:2: not readable as YAML"),
        ("a: *nobody\n", "f.yaml:1: not readable as YAML"),
        ("a: \x00\n", "f.yaml: not readable as YAML"),
        ('a: "\\UFFFFFFFF"\n', "f.yaml:1: not readable as YAML"),
        ("[" * 10_000, "f.yaml:1: not readable as YAML: exceeded maximum nesting depth"),
        ("a: &a [*a]\n", "f.yaml:1: not readable as YAML: *a names no anchor above it"),
        ("[" * 60 + "]" * 60, "f.yaml:1: nested too deeply"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(text: str, message: str) -> None:
    with pytest.raises(BadConfiguration) as failure:
        parse(text, "f.yaml")
    assert failure.value.message.startswith(message)
    assert "\n" not in failure.value.message


def test_every_key_knows_its_line_and_what_is_missing_the_line_of_its_parent() -> None:
    document = parse("a: 1\nb:\n  c:\n    - x\n    - y: 2\n", "f.yaml")
    assert document.place(("b", "c", 1, "y")) == "f.yaml:5: b.c.1.y"
    assert document.place(("b", "c", 0)) == "f.yaml:4: b.c.0"
    assert document.place(("b", "d", "e")) == "f.yaml:2: b.d.e"
    assert document.place(("z",)) == "f.yaml:1: z"
    assert document.place(()) == "f.yaml:1"


def test_an_anchor_may_be_used_twice() -> None:
    """Operators share parts of a vendor file this way."""
    assert parse("a: &x {b: 1}\nc: *x\n", "f.yaml").value == {"a": {"b": 1}, "c": {"b": 1}}


yaml_like = st.lists(
    st.sampled_from(
        [
            "a",
            "b: ",
            "- ",
            "\n",
            "  ",
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            '"',
            "'",
            "&x ",
            "*x",
            "!!str ",
            "|",
            ">",
            "#",
            "? ",
            "%",
            "\t",
            "0x1",
            "\\U",
            "---\n",
        ]
    ),
    max_size=25,
).map("".join)


@given(st.text() | yaml_like)
@example('"\\UFFFFFFFF"')
@example("&x {? *x : *x}")
def test_no_text_makes_the_loader_fail_with_anything_but_bad_configuration(text: str) -> None:
    """A typing mistake must end in a sentence with a line number, never in a traceback."""
    message: str | None = None
    try:
        parse(text, "f.yaml")
    except BadConfiguration as failure:
        message = failure.message
    assert message is None or message.startswith("f.yaml")


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(categories=["L", "N", "P", "Zs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}": {_flow(item)}' for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return (
        {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)
    )


@given(plain)
def test_what_is_written_in_quotes_reads_back_as_it_was(value: Any) -> None:
    assert parse(_flow(value), "f.yaml").value == value

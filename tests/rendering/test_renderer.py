"""The document is what the phone gets: whole, the same every time, or an error that names its place."""

from hashlib import sha256
from pathlib import Path

import pytest

from provserver.domain.errors import CannotCarry, RenderingFailed
from provserver.domain.file_rules import FileRule
from provserver.rendering.refusals import uncarriable
from provserver.rendering.renderer import DeviceFacts, Renderer

from .workshop import FILE, MAC, Workshop, line, translated, vendor


def test_a_template_knows_the_device_its_lines_and_its_parameters(workshop: Workshop) -> None:
    acme = vendor({"sip.port": {"to": "port[1]", "section": "sip"}, "line.username": "user.{line}"})
    found = translated(acme, {"sip": {"port": 5070}}, line(2, display_name="Zoë"))
    template = (
        "{{ device.mac }} {{ device.mac.upper }} {{ device.mac.bare }} {{ device.vendor }} {{ device.model }}"
        " {{ device.name }} {{ model_name }} {{ base_url }}\n"
        "{% for l in lines %}{{ l.number }} {{ l.username }} {{ l.display_name }} {{ l.label }};{% endfor %}"
        "{% for p in parameters %}{{ p.name }}/{{ p.index }}={{ p.value }}@{{ p.section }};{% endfor %}"
    )
    assert workshop.render(template, found).body.decode().splitlines() == [
        "02:00:00:1a:2b:3c 0200001A2B3C 0200001a2b3c acme A1 desk A1 https://prov.example.com/p/t/",
        "2 user2 Zoë 102;port/1=5070@sip;user.2/None=user2@settings;",
    ]


def test_a_common_file_knows_no_device_and_no_parameter(workshop: Workshop) -> None:
    """It is given to anybody who asks."""
    workshop.template(
        "acme/own.cfg.j2", "{{ device }} {{ base_url }} {{ parameters | length }} {{ lines | length }} {{ model_name }}"
    )
    rule = FileRule.model_validate(FILE | {"scope": "common", "provisions": False})
    document = Renderer(workshop.environment).common_file(vendor(), rule, "A1")
    assert document.body == b"None None 0 0 A1"


def test_equal_input_gives_equal_bytes_and_an_entity_tag_of_them(workshop: Workshop) -> None:
    one, again, other = workshop.render("same ü"), workshop.render("same ü"), workshop.render("other")
    assert one == again
    assert one.etag == f'"{sha256("same ü".encode()).hexdigest()[:32]}"'
    assert one.etag != other.etag
    assert one.content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("{{ 1 }}\n{{ device.nothing }}\n", ":2: "),
        ("a\nb\n{{ 1 / 0 }}\n", ":3: "),
        ("{{ 'a' + 1 }}", ":1: "),
        ("{{ 1 }}\n{% for %}\n", ":2: "),
        ("{% if true %}\n", ":1: "),
        ("{{ parameters[7].name }}", ":1: "),
        ("{% macro f() %}\n{{ nobody }}\n{% endmacro %}\n{{ f() }}", ":2: "),
        ("{% include 'acme/none.j2' %}", ":1: "),
    ],
)
def test_a_broken_template_is_named_with_its_line(workshop: Workshop, template: str, place: str) -> None:
    """The operator who wrote it at night has to find it at night."""
    with pytest.raises(RenderingFailed) as failure:
        workshop.render(template)
    assert failure.value.message.startswith(f"templates/acme/own.cfg.j2{place}")
    assert "\n" not in failure.value.message
    assert failure.value.template == "acme/own.cfg.j2"


def test_a_template_that_is_gone_is_named(workshop: Workshop) -> None:
    rule = FileRule.model_validate(FILE)
    with pytest.raises(RenderingFailed, match=r"^templates/acme/own\.cfg\.j2: "):
        Renderer(workshop.environment).common_file(vendor(), rule, None)


SYNTAX = {
    "parameter_name": ".*",
    "booleans": {"true": "1", "false": "0"},
    "cannot_carry": [{"pattern": ";", "why": "ends the value"}, {"pattern": "^#", "why": "begins a comment"}],
}


def test_values_that_the_syntax_cannot_hold_are_all_named_by_their_setting(workshop: Workshop) -> None:
    """One is refused instead of breaking the file for the whole phone."""
    acme = vendor({"line.display_name": "name.{line}", "voicemail.number": "mailbox"}, syntax=SYNTAX)
    found = translated(acme, {}, line(1, display_name="a;b"), overrides={"raw": "#x", "good": "x#"})
    workshop.template("acme/own.cfg.j2", "")
    with pytest.raises(CannotCarry) as failure:
        Renderer(workshop.environment).device_file(
            acme, FileRule.model_validate(FILE), DeviceFacts(MAC, "acme", None, None), found, "https://p/"
        )
    assert failure.value.details == {"line.display_name": "ends the value", "raw": "begins a comment"}


def test_what_goes_into_an_attribute_is_checked_as_well(workshop: Workshop) -> None:
    acme = vendor({"line.number": {"to": "key.{line}", "attributes": {"label": "{line.label}"}}})
    with pytest.raises(CannotCarry) as failure:
        workshop.render("", translated(acme, {}, line(1, label="a\nb")))
    assert list(failure.value.details) == ["line.number"]


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u200b", "\ud800"])
def test_no_syntax_holds_control_characters(character: str) -> None:
    refused = uncarriable(vendor(), [("a", f"x{character}y"), ("b", ["fine", f"{character}"]), ("c", "fine"), ("d", 5)])
    assert set(refused) == {"a", "b"}


def test_an_error_of_a_template_hides_nothing_of_where_the_folder_is(workshop: Workshop, tmp_path: Path) -> None:
    """The text goes to logs and events that customers may see: the place is the template's name, not a path."""
    with pytest.raises(RenderingFailed) as failure:
        workshop.render("{{ nobody }}")
    assert str(tmp_path) not in failure.value.message

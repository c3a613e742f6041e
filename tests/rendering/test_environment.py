"""Templates may come from an operator's overlay: they lay out, and reach nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from provserver.domain.errors import RenderingFailed
from provserver.rendering.environment import build_environment
from provserver.rendering.template_checks import template_sources

from .workshop import Workshop, line, translated, vendor

printable = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"]), max_size=30)


@pytest.mark.parametrize(
    "template",
    [
        "{{ device.__class__.__mro__ }}",
        "{{ device.mac.__init__.__globals__ }}",
        "{{ ''.__class__ }}",
        "{{ parameters.__reduce_ex__(2) }}",
        "{{ (lambda: 0).__code__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ {}.update({'a': 1}) }}",
        "{{ range(10**9) | list }}",
        "{% include '../../../../etc/passwd' %}",
        "{% include '/etc/passwd' %}",
        "{% import 'acme/../../secret.key' as x %}",
        "{{ '{0.__class__}'.format(device) }}",
        "{{ '{0.__class__}'.format_map({'0': device}) }}",
        "{{ device['__class__'] }}",
        "{{ device | attr('__class__') }}",
        "{{ device | map('attr', '__class__') | list }}",
        "{{ parameters | map(attribute='__class__') | list }}{{ [device] | map(attribute='__class__') | first }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context.eval_ctx }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ joiner.__init__.__globals__ }}{{ namespace.__init__ }}",
        "{{ ().__class__.__base__.__subclasses__() }}",
        "{{ [].append(1) }}{{ parameters.append(1) }}",
        "{{ (1).__class__.__bases__ }}",
        "{% set x = namespace() %}{{ x.__class__ }}",
        "{{ caller.__globals__ }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{{ m.__init__.__globals__ }}",
        "{{ ''.mro() }}",
        "{{ url_for.__globals__ }}{{ request.application }}{{ config }}",
        "{{ device.mac.__dataclass_fields__ }}",
        "{{ '%c' % 9999999999 }}",
    ],
)
def test_a_template_that_reaches_out_is_refused(workshop: Workshop, template: str) -> None:
    (workshop.templates.parent / "secret.key").write_text("sealed")
    with pytest.raises(RenderingFailed, match=r"^templates/acme/own\.cfg\.j2"):
        workshop.render(template)


@pytest.mark.parametrize(
    "statement",
    ["{% include 'acme/linked.j2' %}", "{% import 'acme/linked.j2' as x %}", "{% extends 'linked/secret.key' %}"],
)
def test_a_link_out_of_the_template_folder_is_not_there(workshop: Workshop, statement: str) -> None:
    """Whoever may put files into an overlay must not read the key file through it."""
    secret = workshop.templates.parent / "outside" / "secret.key"
    secret.parent.mkdir()
    secret.write_text("MARKED")
    (workshop.templates / "acme").mkdir(exist_ok=True)
    (workshop.templates / "acme" / "linked.j2").symlink_to(secret)
    (workshop.templates / "linked").symlink_to(secret.parent)
    with pytest.raises(RenderingFailed) as refused:
        workshop.render(statement)
    assert "MARKED" not in refused.value.message


def test_a_link_inside_the_template_folder_is_followed(workshop: Workshop) -> None:
    """A mounted ConfigMap is nothing but links inside its folder."""
    data = workshop.templates / "..data"
    data.mkdir()
    (data / "part.j2").write_text("inside")
    (workshop.templates / "acme").mkdir(exist_ok=True)
    (workshop.templates / "acme" / "part.j2").symlink_to(data / "part.j2")
    assert workshop.render("{% include 'acme/part.j2' %}").body == b"inside"


@pytest.mark.parametrize(
    "template",
    ["{{ devcie.mac }}", "{{ device.imei }}", "{{ sections.nothing[0] }}", "{% for x in nobody %}{% endfor %}"],
)
def test_a_name_that_does_not_exist_fails_instead_of_writing_nothing(workshop: Workshop, template: str) -> None:
    """A misspelt name would otherwise be an empty value on every phone."""
    with pytest.raises(RenderingFailed, match=r"own\.cfg\.j2:1: "):
        workshop.render(template)


@given(printable)
def test_whatever_stands_in_a_value_xml_gives_it_back(text: str) -> None:
    environment = build_environment([])
    layout = environment.from_string('{% autoescape true %}<a b="{{ v }}">{{ v }}</a>{% endautoescape %}')
    element = etree.fromstring(layout.render(v=text).encode())
    assert (element.text or "", element.get("b")) == (text, text)


@pytest.mark.parametrize(
    ("name", "escaped"), [("own.xml.j2", True), ("own.htm.j2", True), ("own.cfg.j2", False), ("xml.j2.txt", False)]
)
def test_escaping_follows_from_the_name(workshop: Workshop, name: str, escaped: bool) -> None:
    acme = vendor({"network.ntp_server": "ntp"})
    given_values = translated(acme, {}, overrides={"raw": "a<b&\"c'"})
    body = workshop.render("{{ parameters[0].value }}", given_values, name).body
    assert body == (b"a&lt;b&amp;&#34;c&#39;" if escaped else b"a<b&\"c'")


def test_a_value_is_never_read_as_a_template(workshop: Workshop) -> None:
    given_values = translated(vendor(), {}, overrides={"raw": "{{ 7*7 }}{% include 'x' %}{# #}"})
    assert workshop.render("{{ parameters[0].value }}", given_values).body == b"{{ 7*7 }}{% include 'x' %}{# #}"


@pytest.mark.parametrize("value", ["{{ ''.__class__ }}", "{% include '/etc/passwd' %}", "${7*7}", "{{cycler}}#{7*7}"])
def test_what_a_person_types_is_never_executed(workshop: Workshop, value: str) -> None:
    """A display name that is a template arrives as it was typed."""
    acme = vendor({"network.ntp_server": "ntp"})
    given_values = translated(acme, {}, line(1, display_name=value), overrides={"raw": value})
    laid_out = workshop.render("{{ lines[0].values['line.display_name'] }}|{{ parameters[-1].value }}", given_values)
    assert value.encode() in laid_out.body
    assert b"49" not in laid_out.body


def test_an_overlay_is_searched_before_the_shipped_templates(tmp_path: Path) -> None:
    for name in ("own", "shipped"):
        (tmp_path / name / "acme").mkdir(parents=True)
        (tmp_path / name / "acme" / "a.j2").write_text(name)
    (tmp_path / "shipped" / "acme" / "b.j2").write_text("shipped")
    environment = build_environment([tmp_path / "own", tmp_path / "shipped"])
    assert environment.get_template("acme/a.j2").render() == "own"
    assert environment.get_template("acme/b.j2").render() == "shipped"


def test_a_template_is_what_it_was_when_the_catalogue_was_read(workshop: Workshop) -> None:
    """Compiled at its first use, it may be half written by then; and the stamp of a file is that of what was read."""
    environment = workshop.environment
    template = workshop.templates / "acme" / "later.cfg.j2"
    template.parent.mkdir()
    template.write_text("before\n")
    assert list(template_sources({"acme"}, environment)) == ["before\n"]
    template.write_text("{% if %}")
    assert environment.get_template("acme/later.cfg.j2").render() == "before\n"


def test_blocks_leave_no_empty_lines_and_the_last_line_stays_a_line(workshop: Workshop) -> None:
    assert workshop.render("{% if true %}\na\n{% endif %}\nb\n").body == b"a\nb\n"


def test_a_serial_number_is_the_same_for_the_same_text_and_another_for_another(workshop: Workshop) -> None:
    """A phone that compares numbers would keep an old configuration, or apply the same one again and again."""
    first, again, other = (workshop.render(f"{{{{ '{text}' | serial }}}}").body for text in "aab")
    assert first == again != other
    assert first.isdigit()
    assert len(first) == 12

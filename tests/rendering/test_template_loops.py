"""Loops that become one step write to the byte what Jinja's own would, and escape as it does."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined, UndefinedError

from provserver.domain.lines import Server
from provserver.rendering.environment import build_environment
from provserver.rendering.parameters import Parameter

PARAMETERS = [
    Parameter("a.one[2]", "<&>\"'", section="<s>"),
    Parameter("plain#tag", "text"),
    Parameter('raw"<x>', "plain"),
]
LOOP = '{% for p in all %}\n  <p n="{{ p.name }}" of="{{ p.folder }}/{{ p.section }}">{{ p.value }}</p>\n{% endfor %}'
INNER = "{% for p in all %}{{ p.leaf }};{% endfor %}\n{% for q in all %}{{ p.leaf }}{% endfor %}"
ODD = "{% for p in all %}{}}{'\"\\\\N{p.name} {{ p.value }}\\\n\u2028ü{#c#}${{ p.value }}{% endfor %}"
NESTED = f"{{% for p in all %}}{INNER}{{% endfor %}}"


def _rendered(folder: Path, name: str, text: str, **given: Any) -> tuple[str, str]:
    """By our environment, and by one that is all Jinja's."""
    (folder / name).write_text(text)
    ours = build_environment([folder])
    options: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    jinjas = Environment(autoescape=name.endswith(".xml.j2"), undefined=StrictUndefined, **options)
    return ours.get_template(name).render(**given), jinjas.from_string(text).render(**given)


@pytest.mark.parametrize("name", ["file.xml.j2", "file.cfg.j2"])
@pytest.mark.parametrize("text", [LOOP, ODD, NESTED, f"{{% set all = all[1:2] %}}{LOOP}"])
@pytest.mark.parametrize("all_", [PARAMETERS, PARAMETERS[1:2], []], ids=["hostile", "plain", "none"])
def test_they_write_what_jinja_writes(tmp_path: Path, name: str, text: str, all_: list[Parameter]) -> None:
    ours, jinjas = _rendered(tmp_path, name, text, all=all_)
    assert ours == jinjas


def test_a_value_cannot_leave_its_element(tmp_path: Path) -> None:
    """What a person types must not become an element of a phone's file."""
    ours, _ = _rendered(tmp_path, "file.xml.j2", LOOP, all=[Parameter("a", "</p><evil/>")])
    assert "<evil" not in ours
    assert "&lt;evil/&gt;" in ours


@pytest.mark.parametrize("name", ["file.xml.j2", "file.cfg.j2"])
def test_a_template_may_loop_over_anything_with_such_attributes(tmp_path: Path, name: str) -> None:
    given = {"all": [{"name": "<a>", "value": 1}, {"name": "b", "value": None}]}
    ours, jinjas = _rendered(tmp_path, name, "{% for p in all %}{{ p.name }}={{ p.value }};{% endfor %}", **given)
    assert ours == jinjas


def test_what_is_not_there_is_a_mistake_of_the_template(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError, match="name"):
        _rendered(tmp_path, "file.cfg.j2", "{% for p in all %}{{ p.name }}{% endfor %}", all=[Server(1, "a", "b")])

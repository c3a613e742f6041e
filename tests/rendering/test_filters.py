"""Filters of templates: what a walk through nested elements tells, and that ours do as Jinja's."""

from jinja2 import Environment

from provserver.rendering.environment import build_environment
from provserver.rendering.filters import Step, steps
from provserver.rendering.parameters import Parameter

NAMES = ("b.x", "a.10.n", "a.m", "a.9.n", "B.x", "b.y", "c", "a.9.o")
PARAMETERS = [Parameter(name, f"value of {name}", line=at % 3 or None) for at, name in enumerate(NAMES)]


def test_a_walk_begins_each_element_once_and_goes_through_numbers_last() -> None:
    """A phone that meets an element twice may take the second for all of it."""
    told = [
        f"{'/' if step.ends else ''}{step.name}{' '.join(each.leaf for each in step.parameters)}@{step.depth}"
        for step in steps(PARAMETERS)
    ]
    inside_a = ["m@1", "9@1", "n o@2", "/9@1", "10@1", "n@2", "/10@1"]
    assert told == ["b@0", "x y@1", "/b@0", "a@0", *inside_a, "/a@0", "B@0", "x@1", "/B@0", "c@0"]


def test_an_element_knows_what_it_is_at() -> None:
    assert [(step.name, step.at) for step in steps([Parameter("a[2].b", "1")])] == [("a", "2"), ("", ""), ("a", "2")]


def test_of_a_name_that_is_also_a_folder_what_is_inside_is_told() -> None:
    """Raw parameters may bring it about; a file must not hold an element with both."""
    for names in (("a", "a.b"), ("a.b", "a")):
        walked = list(steps(Parameter(name, name) for name in names))
        inside = Step("", "", 1, [Parameter("a.b", "a.b")])
        assert walked == [Step("a", "", 0), inside, Step("a", "", 0, ends=True)]


def test_what_is_made_for_parameters_does_as_jinjas_own() -> None:
    text = (
        '{% for key, items in all | groupby("folder") %}{{ key }}: {{ items | join(" ", attribute="name") }};'
        "{% endfor %}"
        '{{ all | sort(attribute="name") | join(" ", attribute="name") }};'
        '{{ all | sort(attribute="name", case_sensitive=true) | join(" ", attribute="name") }};'
        '{{ all | selectattr("line") | join(" ", attribute="name") }};'
        '{{ all | rejectattr("line") | join(" ", attribute="name") }}'
    )
    environments = build_environment([]), Environment(autoescape=True)
    ours, jinjas = (one.from_string(text).render(all=PARAMETERS) for one in environments)
    assert ours == jinjas

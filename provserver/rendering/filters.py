"""Fast versions of Jinja filters for lists of parameters, as a file has a thousand.

`groupby`, `selectattr`, `rejectattr` and `sort` behave like Jinja's; other uses are delegated to Jinja.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, groupby
from operator import attrgetter, not_
from typing import Any, NamedTuple

from jinja2 import Environment, filters, pass_context, pass_environment
from jinja2.runtime import Context

from provserver.rendering.parameters import Parameter

_GROUPED_BY = frozenset({"section", "line", "slot", "name", "index", "number", "folder", "leaf", "head", "rest"})
"""Attributes of parameters whose values are strings, numbers or None."""


_Tree = dict[str, Any]  # element name -> parameter or subtree


class Step(NamedTuple):
    """An event of a walk through nested elements: the start or end of one, or parameters that follow each other.

    The element `line[2]` has the name `line`, and `2` as what it is `at`.
    """

    name: str
    at: str
    depth: int
    parameters: Sequence[Parameter] = ()
    ends: bool = False


class Group(NamedTuple):
    """A group, like Jinja's."""

    grouper: Any
    list: list[Any]


@pass_environment
def group_by(
    environment: Environment, value: Iterable[Any], attribute: Any, default: Any = None, case_sensitive: bool = False
) -> Iterable[Any]:
    """Group by an attribute, sorted by it."""
    items = list(value)
    if default is None and _are_parameters(items, attribute):
        groups: defaultdict[Any, list[Any]] = defaultdict(list)
        for key, item in zip(map(attrgetter(attribute), items), items, strict=True):
            groups[key].append(item)
        folded = {key if case_sensitive else _folded(key): key for key in groups}
        if len(folded) == len(groups):  # otherwise some keys differ in case only
            return [Group(folded[key], groups[folded[key]]) for key in sorted(folded)]
    return filters.sync_do_groupby(environment, items, attribute, default, case_sensitive)


@pass_environment
def sort_by(
    environment: Environment,
    value: Iterable[Any],
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: Any = None,
) -> list[Any]:
    """Sort by an attribute."""
    items = list(value)
    if not reverse and _are_parameters(items, attribute):
        of = attrgetter(attribute)
        return sorted(items, key=of if case_sensitive else lambda item: _folded(of(item)))
    return filters.do_sort(environment, items, reverse, case_sensitive, attribute)


def steps(parameters: Iterable[Parameter]) -> Iterator[Step]:
    """Walk the elements of dotted parameter names, in order of first appearance.

    Within an element, numeric names come last, sorted by number.
    """
    root: _Tree = {}
    for parameter in parameters:
        *path, name = parameter.name.split(".")
        inside = root
        for part in path:
            within = inside.get(part)
            if not isinstance(within, dict):
                within = inside[part] = {}
            inside = within
        inside.setdefault(name, parameter)
    return _walk(root, 0)


def _walk(tree: _Tree, depth: int) -> Iterator[Step]:
    in_order = sorted(tree.items(), key=_number_of)
    for is_element, some in groupby(in_order, key=lambda branch: isinstance(branch[1], dict)):
        if not is_element:
            yield Step("", "", depth, [parameter for _, parameter in some])
            continue
        for spelled, inside in some:
            name, _, at = spelled.rstrip("]").partition("[")
            yield Step(name, at, depth)
            yield from _walk(inside, depth + 1)
            yield Step(name, at, depth, ends=True)


def _number_of(branch: tuple[str, Any]) -> int:
    return int(branch[0]) if branch[0].isdecimal() else 0


@pass_context
def select_by(context: Context, value: Iterable[Any], *how: Any, **more: Any) -> Iterable[Any]:
    """Items with a true attribute, or that pass a test on it."""
    items = list(value)
    if len(how) == 1 and not more and _are_parameters(items, how[0]):
        return list(compress(items, map(attrgetter(how[0]), items)))
    return filters.sync_do_selectattr(context, items, *how, **more)


@pass_context
def reject_by(context: Context, value: Iterable[Any], *how: Any, **more: Any) -> Iterable[Any]:
    """The opposite of `select_by`."""
    items = list(value)
    if len(how) == 1 and not more and _are_parameters(items, how[0]):
        return list(compress(items, map(not_, map(attrgetter(how[0]), items))))
    return filters.sync_do_rejectattr(context, items, *how, **more)


def _are_parameters(items: list[Any], attribute: Any) -> bool:
    return attribute in _GROUPED_BY and {Parameter}.issuperset(map(type, items))


def _folded(key: Any) -> Any:
    return key.lower() if isinstance(key, str) else key

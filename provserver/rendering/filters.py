"""Filters made for parameters: a file has a thousand of them.

`groupby`, `selectattr` and `rejectattr` are as Jinja has them; whatever else they are asked for, Jinja's own do it.
"""

from collections.abc import Iterable, Iterator
from itertools import takewhile
from operator import attrgetter
from typing import Any, NamedTuple

from jinja2 import Environment, filters, pass_context, pass_environment
from jinja2.runtime import Context

from provserver.rendering.parameters import Parameter

_GROUPED_BY = frozenset({"section", "line", "slot", "name", "index", "folder", "leaf"})
"""Attributes of parameters whose values are texts, numbers or nothing."""


class Branch(NamedTuple):
    """Parameters of one place in a tree: whose names end before it, and begin with it, from the first to the last."""

    ended: list[str]
    begun: list[str]
    items: list[Parameter]


class Group(NamedTuple):
    """What is alike in something."""

    grouper: Any
    list: list[Any]


@pass_environment
def group_by(
    environment: Environment, value: Iterable[Any], attribute: Any, default: Any = None, case_sensitive: bool = False
) -> Iterable[Any]:
    """Groups by an attribute, sorted by it."""
    items = list(value)
    if default is None and _are_parameters(items, attribute):
        groups: dict[Any, list[Any]] = {}
        for key, item in zip(map(attrgetter(attribute), items), items, strict=True):
            groups.setdefault(key, []).append(item)
        folded = {key if case_sensitive else _folded(key): key for key in groups}
        if len(folded) == len(groups):  # else some differ in their case alone
            return [Group(folded[key], groups[folded[key]]) for key in sorted(folded)]
    return filters.sync_do_groupby(environment, items, attribute, default, case_sensitive)


@pass_environment
def by_branch(environment: Environment, parameters: Iterable[Parameter]) -> Iterator[Branch]:
    """For names that are paths of nested elements: the folders sorted, so that each element is begun once."""
    around: list[str] = []
    for folder, items in group_by(environment, parameters, "folder", case_sensitive=True):
        path = folder.split(".")
        shared = len(list(takewhile(lambda both: both[0] == both[1], zip(around, path, strict=False))))
        yield Branch(around[shared:][::-1], path[shared:], items)
        around = path
    yield Branch(around[::-1], [], [])


@pass_context
def select_by(context: Context, value: Iterable[Any], *how: Any, **more: Any) -> Iterable[Any]:
    """Those that have an attribute, or pass a test of it."""
    items = list(value)
    if len(how) == 1 and not more and _are_parameters(items, how[0]):
        return [item for has, item in zip(map(attrgetter(how[0]), items), items, strict=True) if has]
    return filters.sync_do_selectattr(context, items, *how, **more)


@pass_context
def reject_by(context: Context, value: Iterable[Any], *how: Any, **more: Any) -> Iterable[Any]:
    """The others."""
    items = list(value)
    if len(how) == 1 and not more and _are_parameters(items, how[0]):
        return [item for has, item in zip(map(attrgetter(how[0]), items), items, strict=True) if not has]
    return filters.sync_do_rejectattr(context, items, *how, **more)


def _are_parameters(items: list[Any], attribute: Any) -> bool:
    return attribute in _GROUPED_BY and {Parameter}.issuperset(map(type, items))


def _folded(key: Any) -> Any:
    return key.lower() if isinstance(key, str) else key

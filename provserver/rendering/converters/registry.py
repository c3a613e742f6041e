"""The registry of converters, and their interface."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar


class Inexpressible(Exception):
    """The vendor cannot express the value. The message is the reason, for people."""


Converter = Callable[[Any, Any, Mapping[str, Any]], str | None]
Named = TypeVar("Named", bound=Converter)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The `arguments` of a converter: required, optional, and what they refer to.

    `zone_tables` are names of time zone tables. `texts` are patterns with these placeholders. `by_rules`: the converter
    writes a zone's offset or rules rather than its name, unless the zone is in one of those tables.
    """

    needs: tuple[str, ...]
    takes: tuple[str, ...]
    zone_tables: tuple[str, ...]
    texts: Mapping[str, tuple[str, ...]]
    by_rules: bool


CONVERTERS: dict[str, Converter] = {}
LOOKS_AT: dict[str, type] = {}
"""What each converter depends on, as its signature says: `Tables`, `Clock`, `Service` or all of `Scope`."""

ARGUMENTS: dict[str, Arguments] = {}


def converter(
    *needs: str,
    takes: tuple[str, ...] = (),
    zone_tables: tuple[str, ...] = (),
    texts: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    by_rules: bool = False,
) -> Callable[[Named], Named]:
    """Register a converter under its function name, with the arguments that the catalogue checks."""

    def enter(function: Named) -> Named:
        name = getattr(function, "__name__")  # noqa: B009 - Callable has no __name__ for mypy
        CONVERTERS[name] = function
        LOOKS_AT[name] = function.__annotations__["scope"]
        ARGUMENTS[name] = Arguments(needs, takes, zone_tables, texts, by_rules)
        return function

    return enter

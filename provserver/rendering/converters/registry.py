"""The registry of converters, and their interface."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol, TypeVar, cast

from provserver.domain.mac import Mac
from provserver.rendering.clocks import told_at
from provserver.rendering.timezones import Zone


class Inexpressible(Exception):
    """The vendor cannot express the value. The message is the reason, for people."""


class Tables(Protocol):
    """The scope of a converter whose result depends only on value and arguments, and not on the phone."""

    @property
    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """The vendor's tables."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a converter can use.

    Effective settings by path, values of the line (if any), MAC, and the vendor's tables.

    `at`: the time for which the file is made.
    """

    settings: Mapping[str, Any]
    line: Mapping[str, Any]
    mac: Mac
    tables: Mapping[str, Mapping[str, str]]
    at: datetime

    def zone(self, name: str) -> Zone:
        """The rules to give to phones for an IANA time zone, at this time."""
        return told_at(name, self.at).zone


Converter = Callable[[Any, Scope, Mapping[str, Any]], str | None]
Named = TypeVar("Named", bound=Converter)
Spelling = Callable[[Any, Tables, Mapping[str, Any]], str | None]


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
SPELLINGS: dict[str, Spelling] = {}
"""The converters that need nothing but `Tables`."""

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
        if function.__annotations__["scope"] is Tables:
            SPELLINGS[name] = cast("Spelling", function)
        ARGUMENTS[name] = Arguments(needs, takes, zone_tables, texts, by_rules)
        return function

    return enter

"""What a converter is, and the names under which vendor files call them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol, TypeVar, cast

from provserver.domain.mac import Mac
from provserver.rendering.clocks import told_at
from provserver.rendering.timezones import Zone


class Inexpressible(Exception):
    """The value has no spelling in this vendor's language; the text is the reason for people."""


class Tables(Protocol):
    """What alone a converter looks at beside value and arguments that spells the same value alike for all phones."""

    @property
    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """The vendor's tables."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a converter may look at: effective settings by path, the line (if any), the MAC, the vendor's tables.

    `at` is the moment for which all is told.
    """

    settings: Mapping[str, Any]
    line: Mapping[str, Any]
    mac: Mac
    tables: Mapping[str, Mapping[str, str]]
    at: datetime

    def zone(self, name: str) -> Zone:
        """What is told of an IANA time zone now."""
        return told_at(name, self.at).zone


Converter = Callable[[Any, Scope, Mapping[str, Any]], str | None]
Named = TypeVar("Named", bound=Converter)
Spelling = Callable[[Any, Tables, Mapping[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class Arguments:
    """Names of the `arguments` that a converter needs, of those it also takes, and which of them are what.

    `zone_tables` name tables of time zones; `texts` may hold these places in braces. `by_rules`: it spells a time zone
    by its offset or its rules, and not by its name, unless that is in one of those tables.
    """

    needs: tuple[str, ...]
    takes: tuple[str, ...]
    zone_tables: tuple[str, ...]
    texts: Mapping[str, tuple[str, ...]]
    by_rules: bool


CONVERTERS: dict[str, Converter] = {}
SPELLINGS: dict[str, Spelling] = {}
"""Those converters that take no more than `Tables`."""

ARGUMENTS: dict[str, Arguments] = {}


def converter(
    *needs: str,
    takes: tuple[str, ...] = (),
    zone_tables: tuple[str, ...] = (),
    texts: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    by_rules: bool = False,
) -> Callable[[Named], Named]:
    """Enter a converter under its own name, with the arguments that the catalogue checks."""

    def enter(function: Named) -> Named:
        name = getattr(function, "__name__")  # noqa: B009 - a Callable is not known to have a name
        CONVERTERS[name] = function
        if function.__annotations__["scope"] is Tables:
            SPELLINGS[name] = cast("Spelling", function)
        ARGUMENTS[name] = Arguments(needs, takes, zone_tables, texts, by_rules)
        return function

    return enter

"""What a converter is, and the names under which vendor files call them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from provserver.domain.mac import Mac


class Inexpressible(Exception):
    """The value has no spelling in this vendor's language; the text is the reason for people."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a converter may look at: effective settings by path, the line (if any), the MAC, the vendor's tables."""

    settings: Mapping[str, Any]
    line: Mapping[str, Any]
    mac: Mac
    tables: Mapping[str, Mapping[str, str]]


Converter = Callable[[Any, Scope, Mapping[str, Any]], str | None]
CONVERTERS: dict[str, Converter] = {}


def converter(function: Converter) -> Converter:
    """Enter a converter under its own name."""
    CONVERTERS[getattr(function, "__name__")] = function  # noqa: B009 - a Callable is not known to have a name
    return function

"""Placeholders in parameter names: which of them repeat a parameter, and how they are filled. Pure."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from provserver.domain.device import MulticellRole
from provserver.domain.mappings import Mapping as SettingMapping
from provserver.domain.vendor import Vendor

_PLACE = re.compile(r"\{(line|slot|ipei|IPEI|server|cell)(?:0|_mac|:\w+)?\}")
_FILLED = re.compile(r"\{([\w.]+)\}")
_BRACED = re.compile(r"\{([^{}]*)\}")
_REPEATING = {
    "line": "lines",
    "slot": "handsets",
    "ipei": "handsets",
    "IPEI": "handsets",
    "server": "servers",
    "cell": "cells",
}


@lru_cache(maxsize=20_000)
def repeating_group(name: str) -> str | None:
    """What a parameter of this name repeats for.

    `lines`, `handsets`, `servers` or `cells`; None if it does not repeat.
    """
    place = _PLACE.search(name)
    return _REPEATING[place[1]] if place else None


def knows_line_alone(text: str) -> bool:
    """Whether a text has no placeholder but the line number; {item} is filled earlier."""
    return all(place in ("line", "line0", "item") for place in _BRACED.findall(text))


def knows_number_alone(text: str) -> bool:
    """Whether a text has no placeholder but a line or slot number, or the vendor's list entry for it."""
    kinds = {place.partition(":")[0].removesuffix("0") for place in _BRACED.findall(text)}
    return kinds in (set(), {"line"}, {"slot"})


def number_of_line(line: int | None) -> dict[str, str]:
    """The placeholder values for a line number."""
    return {} if line is None else {"line": str(line), "line0": str(line - 1)}


def number_of_slot(slot: int) -> dict[str, str]:
    """The placeholder values for a slot number."""
    return {"slot": str(slot), "slot0": str(slot - 1)}


def names_of(mapping: SettingMapping) -> Iterator[str]:
    """The names of all parameters that a mapping writes."""
    yield from mapping.to
    if mapping.list:
        yield mapping.list.to or ""
        yield from (*mapping.list.chosen, *mapping.list.others)


def placed(text: str, places: Mapping[str, str]) -> str:
    """Fill the known placeholders of a text, in one pass: inserted text is never interpreted."""
    parts = _parts(text)
    if not parts:
        return text
    filled = ""
    for before, place in parts:
        filled += before + places.get(place, f"{{{place}}}" if place else "")
    return filled


@lru_cache(maxsize=20_000)
def _parts(text: str) -> tuple[tuple[str, str], ...]:
    """The literals of a text, each with the placeholder after it; empty if there are no placeholders."""
    pieces = _FILLED.split(text)
    return tuple(zip(pieces[::2], [*pieces[1::2], ""], strict=True)) if len(pieces) > 1 else ()


def is_of_handsets(vendor: Vendor, model_name: str | None, role: MulticellRole | None, path: str) -> bool:
    """Whether each handset of a base can have its own value of this setting; otherwise it applies to the whole base."""
    return _is_of_handsets(vendor, model_name, role, path, (path,))


def _is_of_handsets(
    vendor: Vendor, model_name: str | None, role: MulticellRole | None, path: str, carried: tuple[str, ...]
) -> bool:
    """`carried`: the settings visited so far, through `carried_by`, to avoid cycles."""
    if path.startswith("server."):
        return carried[0] in ("sip.domain", "sip.server")  # these assign a line to another server
    mappings = [one for one in vendor.settings.get(path, ()) if vendor.applies(one, model_name, role)]
    if path.startswith(("line.", "handset.")) and any(mapping.to for mapping in mappings):
        return True
    for mapping in mappings:
        if {repeating_group(name) for name in names_of(mapping)} & {"lines", "handsets"}:
            return True
    carriers = [one.carried_by for one in mappings if one.carried_by and one.carried_by not in carried]
    return any(_is_of_handsets(vendor, model_name, role, carrier, (*carried, carrier)) for carrier in carriers)

"""Writes a value as parameters: fills the placeholders in names and converts the value to the vendor's notation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from provserver.domain.mappings import ListSpelling
from provserver.domain.vendor import Vendor
from provserver.rendering.converters import CONVERTERS, Clock, Inexpressible, Service, Tables
from provserver.rendering.owners import Owner
from provserver.rendering.parameters import LISTED, Parameter, spell_raw
from provserver.rendering.placeholders import number_of_line, placed
from provserver.rendering.plan import Writing

ASSIGNMENT = "assignment"
"""The layer shown for values of the user on a line."""

_KEPT = 4_096  # cached parameter names, of several lines each
_Texts = Iterable[tuple[str, str]]  # name -> value as written


def following_parameters(
    writing: Writing, value: Any, layer: str, line: int | None, view: Clock | Service | None
) -> Iterable[Parameter]:
    """The parameters of `value` for a line, if they depend on nothing else but `view`. Raises `Inexpressible`."""
    seen = writing.vendor if writing.looks_at is Tables else view
    return _made(writing, _texts(writing, value, seen), layer, number_of_line(line), line, None)


def parameters_of(writing: Writing, value: Any, layer: str, owner: Owner) -> Iterable[Parameter]:
    """The parameters of `value` for its owner. Raises `Inexpressible`, possibly during iteration."""
    return _made(writing, _texts(writing, value, owner.scope), layer, owner.places, owner.line, owner.slot)


def plain_parameters(writing: Writing, values: Iterable[Any], lines: Sequence[int]) -> list[Parameter]:
    """The parameters of plain line values."""
    section, path, secret, vendor = writing.mapping.section, writing.path, writing.secret, writing.vendor
    return [
        Parameter(identity, spell_raw(value, vendor), section, attributes, path, ASSIGNMENT, line, None, secret)
        for value, (line, identities, attributes) in zip(values, _names(writing, lines), strict=True)
        for identity in identities
    ]


@lru_cache(maxsize=_KEPT)
def _names(writing: Writing, lines: Sequence[int]) -> Sequence[tuple[int, tuple[str, ...], Mapping[str, str]]]:
    """Each line number with the parameter names for it, and their attributes."""
    mapping, found = writing.mapping, []
    for line in lines:
        places = number_of_line(line)
        attributes: Mapping[str, str] = {key: placed(text, places) for key, text in mapping.attributes.items()}
        found.append((line, tuple(placed(name, places) for name in mapping.to), attributes))
    return found


def _made(
    writing: Writing, texts: _Texts, layer: str, places: Mapping[str, str], line: int | None, slot: int | None
) -> Iterator[Parameter]:
    mapping, path, secret = writing.mapping, writing.path, writing.secret
    attributes = {key: placed(text, places) for key, text in mapping.attributes.items()}
    for name, text in texts:
        identity = identity_of(name, writing.vendor, places)
        yield Parameter(identity, text, mapping.section, attributes, path, layer, line, slot, secret)


def identity_of(name: str, vendor: Vendor, places: Mapping[str, str]) -> str:
    """Fill the placeholders of a name, including those from the vendor file's `names`."""
    listed = LISTED.search(name) if ":" in name else None
    if listed:
        entries, number = vendor.names[listed["key"]], int(places[listed["place"]])
        if number > len(entries):
            kind = {"slot": "handset", "cell": "base"}.get(listed["place"], listed["place"])
            raise Inexpressible(f"there is no {kind} {number} on these devices")
        name = name.replace(listed[0], entries[number - 1])
    return placed(name, places)


def _texts(writing: Writing, value: Any, seen: Any) -> _Texts:
    """Parameter names with values as written; empty if nothing is to be written."""
    mapping = writing.mapping
    if mapping.list:
        return _spelled_list(mapping.list, value)
    text = _text_of(writing, value, seen)
    return () if text is None else [(name, text) for name in mapping.to]


def _text_of(writing: Writing, value: Any, seen: Any) -> str | None:
    """The value in the vendor's notation; None if nothing is to be written. `seen`: the scope of its converter."""
    mapping = writing.mapping
    if mapping.convert:
        return CONVERTERS[mapping.convert](value, seen, mapping.arguments)
    if mapping.values is None:
        return spell_raw(value, writing.vendor)
    key = str(value).lower() if isinstance(value, bool) else str(value)
    if key not in mapping.values:
        raise Inexpressible(f"this vendor has no spelling for {key}")
    return mapping.values[key]


def _spelled_list(spelling: ListSpelling, items: Sequence[str]) -> Iterator[tuple[str, str]]:
    known = [spelling.names[item] for item in items if item in spelling.names]
    if not known:
        raise Inexpressible("this vendor has none of the items")
    if spelling.to:
        yield spelling.to, (spelling.join or ",").join((*known, *spelling.after))
    for position, name in enumerate(known, start=1):
        for parameter, value in spelling.chosen.items():
            spelled = value.replace("{position}", str(position)).replace("{falling}", str(256 - position))
            yield parameter.replace("{item}", name), spelled
    for name in dict.fromkeys(spelling.names.values()):
        if name not in known:
            yield from ((parameter.replace("{item}", name), value) for parameter, value in spelling.others.items())

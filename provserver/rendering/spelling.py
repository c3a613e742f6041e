"""Writes a value as parameters: fills the placeholders in names and converts the value to the vendor's notation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from provserver.domain.mappings import ListSpelling
from provserver.domain.vendor import Vendor
from provserver.rendering.converters import CONVERTERS, SPELLINGS, Inexpressible, Scope
from provserver.rendering.parameters import LISTED, Parameter, spell_raw
from provserver.rendering.places import number_of_line, placed
from provserver.rendering.plan import Writing
from provserver.rendering.spots import Spot

_KEPT = 4_096  # cached parameter names for a line
_Texts = Iterable[tuple[str, str]]  # name -> value as written


def following_parameters(writing: Writing, value: Any, layer: str, lines: Iterable[int | None]) -> Iterator[Parameter]:
    """The parameters of `value` for these lines, if they depend on nothing else. Raises `Inexpressible`."""
    mapping = writing.mapping
    if mapping.list:
        texts = list(_spelled_list(mapping.list, value))
    else:
        text = _text_of(writing, value, None)
        texts = [] if text is None else [(name, text) for name in mapping.to]
    for line in lines:
        yield from _made(writing, texts, layer, number_of_line(line), line, None)


def parameters_of(writing: Writing, value: Any, layer: str, spot: Spot) -> Iterable[Parameter]:
    """The parameters of `value` at a spot. Raises `Inexpressible`, possibly during iteration."""
    mapping = writing.mapping
    if mapping.list:
        return _made(writing, _spelled_list(mapping.list, value), layer, spot.places, spot.line, spot.slot)
    text = _text_of(writing, value, spot.scope)
    if text is None:
        return ()
    if not (writing.is_named_by_line and spot.is_plain):
        return _made(writing, [(name, text) for name in mapping.to], layer, spot.places, spot.line, spot.slot)
    identities, attributes = _names(writing, spot.line)
    section, path, secret, line = mapping.section, writing.path, writing.secret, spot.line
    return [Parameter(one, text, section, attributes, path, layer, line, None, secret) for one in identities]


@lru_cache(maxsize=_KEPT)
def _names(writing: Writing, line: int | None) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The parameter names for a line, and their attributes."""
    places = number_of_line(line)
    mapping = writing.mapping
    attributes = {key: placed(text, places) for key, text in mapping.attributes.items()}
    return tuple(placed(name, places) for name in mapping.to), attributes


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


def _text_of(writing: Writing, value: Any, scope: Scope | None) -> str | None:
    """The value in the vendor's notation; None if nothing is to be written.

    Without `scope` it must not depend on the phone.
    """
    mapping = writing.mapping
    if mapping.convert and scope:
        return CONVERTERS[mapping.convert](value, scope, mapping.arguments)
    if mapping.convert:
        return SPELLINGS[mapping.convert](value, writing.vendor, mapping.arguments)
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

"""A value -> the parameters that say it: names with their places filled, and texts as the vendor spells them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from provserver.domain.mappings import ListSpelling
from provserver.domain.vendor import Vendor
from provserver.rendering.converters import CONVERTERS, Inexpressible
from provserver.rendering.parameters import LISTED, Parameter, spell_raw
from provserver.rendering.places import number_of_line, placed
from provserver.rendering.plan import Writing
from provserver.rendering.spots import Spot

_KEPT = 16_384  # of some 300 bytes each; a phone with many lines has 500 of them
_Texts = Iterable[tuple[str, str]]  # name -> spelling


def parameters_of(writing: Writing, value: Any, spot: Spot) -> Iterable[Parameter]:
    """The parameters that say `value` there. They raise `Inexpressible` as they come.

    What follows from the value and the number of the line is made once for all phones: it is kept under just what it is
    made from, so it cannot become stale.
    """
    effective = spot.resolved.settings.get(writing.path)
    layer = effective.layer if effective else "assignment"
    if writing.follows and spot.is_plain:
        if isinstance(value, str | int | float):
            return _following(writing, value, layer, spot.line)
        if writing.mapping.list:
            return _following(writing, tuple(value), layer, spot.line)
    return _made(writing, _spelled(writing, value, spot), layer, spot.places, spot.line, spot.slot)


@lru_cache(maxsize=_KEPT, typed=True)
def _following(writing: Writing, value: Any, layer: str, line: int | None) -> tuple[Parameter, ...]:
    texts = _spelled_alone(writing, value)
    return tuple(_made(writing, texts, layer, number_of_line(line), line, None))


def _made(
    writing: Writing, texts: _Texts, layer: str, places: Mapping[str, str], line: int | None, slot: int | None
) -> Iterator[Parameter]:
    mapping, path, secret = writing.mapping, writing.path, writing.secret
    attributes = {key: placed(text, places) for key, text in mapping.attributes.items()}
    for name, text in texts:
        identity = identity_of(name, writing.vendor, places)
        yield Parameter(identity, text, mapping.section, attributes, path, layer, line, slot, secret)


def identity_of(name: str, vendor: Vendor, places: Mapping[str, str]) -> str:
    """The name with its places filled, those among them that only the vendor's list of names knows."""
    listed = LISTED.search(name) if ":" in name else None
    if listed:
        entries, number = vendor.names[listed["key"]], int(places[listed["place"]])
        if number > len(entries):
            kind = {"slot": "handset", "cell": "base"}.get(listed["place"], listed["place"])
            raise Inexpressible(f"there is no {kind} {number} on these devices")
        name = name.replace(listed[0], entries[number - 1])
    return placed(name, places)


def _spelled(writing: Writing, value: Any, spot: Spot) -> _Texts:
    mapping = writing.mapping
    if mapping.list or mapping.convert is None:
        return _spelled_alone(writing, value)
    text = CONVERTERS[mapping.convert](value, spot.scope, mapping.arguments)
    return [(name, text) for name in mapping.to] if text is not None else ()


def _spelled_alone(writing: Writing, value: Any) -> _Texts:
    """Where no converter looks at anything else."""
    mapping = writing.mapping
    if mapping.list:
        return _spelled_list(mapping.list, value)
    if mapping.values is None:
        text = spell_raw(value, writing.vendor)
    else:
        key = str(value).lower() if isinstance(value, bool) else str(value)
        if key not in mapping.values:
            raise Inexpressible(f"this vendor has no spelling for {key}")
        text = mapping.values[key]
    return [(name, text) for name in mapping.to]


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

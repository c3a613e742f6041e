"""Parameters: how they are written in vendor files and `vendor_overrides`, and which of them hold secrets.

A parameter is written `name`, `name[index]` or `name#tag`; the tag only tells two parameters of the same name apart and
never reaches a file.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from provserver.domain.mappings import Mapping as SettingMapping
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import LINE_VALUES, SECRETS

_IDENTITY = re.compile(r"(?P<name>[^\[#]+)(?:\[(?P<index>\d+|\{\w+\})\])?(?:#.*)?")
_REPEATED = re.compile(
    r"\{(?:line0?|handset_line|slot0?|server0?|cell0?|(?:position|key|module|page|page_key|nth)0?(?::\w+)?)\}|\d+"
)
_NAMED = re.compile(r"\{(?:ipei|IPEI)\}|\b[0-9a-fA-F]{10}\b")
_ONLY_A_NUMBER = re.compile(r"[A-Z]\d+")
LISTED = re.compile(r"\{(?P<place>line|slot|server|cell):(?P<key>\w+)\}")
"""A place in a name that the vendor file's `names` fill."""


@dataclass(slots=True)
class Parameter:
    """One parameter of the file. `setting` and `layer` tell where its value is from; neither is in the file.

    `line` and `slot` are those of the line or handset that it belongs to, where it belongs to one. Nobody changes one;
    a file is made of a thousand, and to freeze them would take three times as long as to make them.
    """

    identity: str
    value: str
    section: str = "settings"
    attributes: Mapping[str, str] = field(default_factory=dict)
    setting: str | None = None
    layer: str | None = None
    line: int | None = None
    slot: int | None = None
    secret: bool = False

    @property
    def name(self) -> str:
        """The name alone."""
        return split_identity(self.identity)[0]

    @property
    def index(self) -> str | None:
        """The index in brackets, where there is one."""
        return split_identity(self.identity)[1]

    @property
    def folder(self) -> str:
        """The name up to its last dot: the object that the parameter is of, in a tree of them."""
        return self.name.rpartition(".")[0]

    @property
    def leaf(self) -> str:
        """The name after its last dot: what the parameter is called in its folder."""
        return self.name.rpartition(".")[2]


@lru_cache(maxsize=20_000)
def split_identity(identity: str) -> tuple[str, str | None]:
    """`user_name[2]` as `("user_name", "2")`."""
    match = _IDENTITY.fullmatch(identity)
    return (match["name"], match["index"]) if match else (identity, None)


@lru_cache(maxsize=20_000)
def pattern_name(identity: str) -> str:
    """The name alone, with every place that repeats it, and every number, made the same.

    A name that is but a letter and a number stays: there the number says which parameter it is.
    """
    name = split_identity(identity)[0]
    return name if _ONLY_A_NUMBER.fullmatch(name) else _REPEATED.sub("#", _NAMED.sub("#", name))


def written_names(name: str, vendor: Vendor) -> Iterator[str]:
    """The names that one in the vendor file stands for: itself, or each that `names` lists."""
    place = LISTED.search(name)
    if place is None:
        yield name
    else:
        for entry in vendor.names.get(place["key"], ()):
            yield name.replace(place[0], entry)


def spell_raw(value: Any, vendor: Vendor) -> str:
    """A raw value of `vendor_overrides` as text; true and false as this vendor spells them."""
    if isinstance(value, bool):
        return vendor.syntax.booleans["true" if value else "false"]
    return str(value)


def holds_secret(path: str, mapping: SettingMapping) -> bool:
    """Whether the parameters hold the secret itself, not a fixed text that goes with it."""
    secret = path in SECRETS or (path in LINE_VALUES and LINE_VALUES[path].secret)
    return secret and mapping.convert != "fixed"


def is_secret(identity: str, vendor: Vendor) -> bool:
    """Whether a raw parameter holds a secret: a secret setting becomes it, or the vendor file declares it."""
    name = split_identity(identity)[0]
    declared = any(pattern.fullmatch(name) for pattern in vendor.secret_parameters)
    return declared or pattern_name(identity) in _secret_names(vendor)


def _secret_names(vendor: Vendor) -> set[str]:
    return {
        pattern_name(name)
        for path, mappings in vendor.settings.items()
        for mapping in mappings
        for listed in mapping.to
        for name in written_names(listed, vendor)
        if holds_secret(path, mapping)
    }


def known_sections(vendor: Vendor) -> dict[str, str]:
    """The section of every parameter that the vendor file knows, by its `pattern_name`."""
    return {
        pattern_name(name): section for listed, section in _sections(vendor) for name in written_names(listed, vendor)
    }


def _sections(vendor: Vendor) -> Iterator[tuple[str, str]]:
    for mappings in vendor.settings.values():
        for mapping in mappings:
            yield from ((name, mapping.section) for name in mapping.to)
    for constant in (*vendor.constants, *vendor.unused_lines, *vendor.unused_slots):
        yield constant.to, constant.section
    for area in vendor.buttons.areas.values() if vendor.buttons else ():
        yield from ((parameter.to, parameter.section) for parameter in area.parameters)

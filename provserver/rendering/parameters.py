"""Parameters: the notation of their names, and which of them hold secrets.

An identity is written `name`, `name[index]` or `name#tag`. The tag only distinguishes parameters of equal name; it is
not written to the file.
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
"""A placeholder in a name that is filled from the vendor file's `names`."""


@dataclass(slots=True)
class Parameter:
    """One parameter of the file. `setting` and `layer` tell where its value comes from; they are not in the file.

    `line` and `slot` are those of its line or handset, if any. Must not be modified. It is not frozen, because a file
    has a thousand, and creating frozen instances takes three times as long.
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
    name: str = field(init=False, repr=False, compare=False)
    """The name without index and tag."""
    index: str | None = field(init=False, repr=False, compare=False)
    """The index in brackets, if any."""

    def __post_init__(self) -> None:
        self.name, self.index = split_identity(self.identity)

    @property
    def number(self) -> int:
        """The index as a number; -1 if there is none or it is not a number."""
        return int(self.index) if self.index and self.index.isdecimal() else -1

    @property
    def folder(self) -> str:
        """The name up to its last dot: the object in a parameter tree (TR-069 style)."""
        return self.name.rpartition(".")[0]

    @property
    def head(self) -> str:
        """The name up to its first dot; empty if there is none."""
        head, dot, _ = self.name.partition(".")
        return head if dot else ""

    @property
    def rest(self) -> str:
        """The name after its first dot."""
        return self.name.partition(".")[2]

    @property
    def leaf(self) -> str:
        """The name after its last dot."""
        return self.name.rpartition(".")[2]


@lru_cache(maxsize=20_000)
def split_identity(identity: str) -> tuple[str, str | None]:
    """Split `user_name[2]` into `("user_name", "2")`."""
    match = _IDENTITY.fullmatch(identity)
    return (match["name"], match["index"]) if match else (identity, None)


@lru_cache(maxsize=20_000)
def pattern_name(identity: str) -> str:
    """The name with all placeholders and numbers replaced by `#`, for comparison.

    A name of one letter and a number is kept, because there the number identifies the parameter.
    """
    name = split_identity(identity)[0]
    return name if _ONLY_A_NUMBER.fullmatch(name) else _REPEATED.sub("#", _NAMED.sub("#", name))


def written_names(name: str, vendor: Vendor) -> Iterator[str]:
    """All names that a name in the vendor file stands for: itself, or one for each entry of its list."""
    place = LISTED.search(name)
    if place is None:
        yield name
    else:
        for entry in vendor.names.get(place["key"], ()):
            yield name.replace(place[0], entry)


def spell_raw(value: Any, vendor: Vendor) -> str:
    """A raw value of `vendor_overrides` as text; booleans in the vendor's notation."""
    if isinstance(value, bool):
        return vendor.syntax.booleans["true" if value else "false"]
    return str(value)


def holds_secret(path: str, mapping: SettingMapping) -> bool:
    """Whether the parameters contain the secret itself, rather than a fixed text."""
    secret = path in SECRETS or (path in LINE_VALUES and LINE_VALUES[path].secret)
    return secret and mapping.convert != "fixed"


def is_secret(identity: str, vendor: Vendor) -> bool:
    """Whether a raw parameter holds a secret: because a secret setting maps to it, or the vendor file declares it."""
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
    """The section of each parameter in the vendor file, by `pattern_name`."""
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

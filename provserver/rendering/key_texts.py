"""Placeholders in the `buttons` section of vendor files. Pure.

A placeholder is the name of a text (`{label}`), a setting (`{feature_codes.pickup}`), a number of the key (`{key}`), a
sum (`{1363+2*key0}`), or an entry of one of the vendor file's lists at such a number (`{key:list}`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Protocol

_PLACE = re.compile(r"\{([^{}]+)\}")
_SUM = re.compile(r"[0-9a-z_]+(?:\*[0-9a-z_]+)*(?:\+[0-9a-z_]+(?:\*[0-9a-z_]+)*)*")
_LISTED = re.compile(r"(?P<number>[a-z_]+0?):(?P<list>\w+)")

NUMBERS = frozenset(
    f"{name}{ending}" for name in ("position", "key", "module", "page", "page_key", "nth") for ending in ("", "0")
)
"""The numbers that a key can have."""


class UnknownPlace(Exception):
    """A placeholder has no value here. The message names it."""


class Texts(Protocol):
    """A mapping of texts by name."""

    def get(self, name: str, /) -> str | None:
        """The text; None if there is none."""


@dataclass(slots=True)
class Places:
    """The values for placeholders: texts, the numbers of the key, and the lists of the vendor file."""

    texts: Texts
    numbers: Mapping[str, int]
    lists: Mapping[str, Sequence[str]]

    def fill(self, text: str) -> str:
        """Fill all placeholders in one pass, so inserted text is never interpreted. Raises `UnknownPlace`."""
        parts = _parts(text)
        if len(parts) == 1:
            return text
        filled = parts[0]
        for number in range(1, len(parts), 2):
            filled += self._place(parts[number]) + parts[number + 1]
        return filled

    def _place(self, place: str) -> str:
        found = self.texts.get(place)
        if found is not None:
            return found
        if place in self.numbers:
            return str(self.numbers[place])
        listed = _listed(place)
        if listed:
            return self._entry(*listed)
        if is_sum(place):
            return str(sum(prod(map(self._number, term)) for term in _terms(place)))
        raise UnknownPlace(place)

    def _number(self, word: str) -> int:
        if word.isdigit():
            return int(word)
        if word not in self.numbers:
            raise UnknownPlace(word)
        return self.numbers[word]

    def _entry(self, number: str, name: str) -> str:
        entries, position = self.lists[name], self._number(number)
        if position > len(entries):
            raise UnknownPlace(f"{name} {position}")
        return entries[position - 1]


@lru_cache(maxsize=4096)
def _parts(text: str) -> list[str]:
    """Split into literal texts and, between them, placeholder names."""
    return _PLACE.split(text)


def places_in(text: str) -> list[str]:
    """The placeholder names in a text."""
    return _parts(text)[1::2]


@lru_cache(maxsize=4096)
def is_sum(place: str) -> bool:
    """Whether a placeholder is an arithmetic expression."""
    return ("+" in place or "*" in place) and _SUM.fullmatch(place) is not None


@lru_cache(maxsize=4096)
def _terms(place: str) -> list[list[str]]:
    return [term.split("*") for term in place.split("+")]


@lru_cache(maxsize=4096)
def _listed(place: str) -> tuple[str, str] | None:
    """The number and the list name of a list placeholder, else None."""
    found = _LISTED.fullmatch(place)
    return (found["number"], found["list"]) if found else None


def words_of(place: str) -> list[str]:
    """The names that a placeholder depends on."""
    listed = _listed(place)
    words = [listed[0]] if listed else [word for term in _terms(place) for word in term] if is_sum(place) else [place]
    return [word for word in words if not word.isdigit()]


def list_of(place: str) -> str | None:
    """The list that a placeholder refers to, or None."""
    listed = _listed(place)
    return listed[1] if listed else None

"""An index over many regular expressions, by the first and last letter and a literal that every match must contain.

All vendors' patterns apply to every request, so most of them must be ruled out without being run.
"""

import re
import re._constants as op  # the parts of a pattern, as the compiler reads them
import re._parser as parser
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Parts = Sequence[tuple[Any, Any]]
Letters = frozenset[str] | None  # in lower case; None: any

_ZERO_WIDTH = frozenset({op.AT, op.ASSERT, op.ASSERT_NOT})
_REPEATS = frozenset({op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT})
_ASCII = range(128)


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    pattern: re.Pattern[str]
    tried: Callable[[str], re.Match[str] | None]
    literal: str
    """A lower-case text that every match contains."""
    owners: tuple[tuple[int, T], ...]
    """The owners of this pattern, each with its position in the original order."""


class PatternIndex(Generic[T]):
    """Finds the owners of all patterns that match a text, in original order. `whole`: they must match all of it."""

    def __init__(self, owned: Sequence[tuple[re.Pattern[str], T]], *, whole: bool) -> None:
        self._whole = whole
        owners: dict[tuple[str, int], list[tuple[int, T]]] = defaultdict(list)
        patterns: dict[tuple[str, int], re.Pattern[str]] = {}
        for place, (pattern, owner) in enumerate(owned):
            patterns[pattern.pattern, pattern.flags] = pattern
            owners[pattern.pattern, pattern.flags].append((place, owner))
        self._all = [
            _Entry(one, one.fullmatch if whole else one.search, literal_of(one), tuple(owners[key]))
            for key, one in patterns.items()
        ]
        self._by_ends: dict[tuple[str, str], list[_Entry[T]]] = {}

    def fitting(self, text: str) -> Iterator[tuple[T, re.Match[str]]]:
        """All owners whose pattern matches, with the match."""
        fits = [(entry, match) for entry in self._candidates(text) if (match := entry.tried(text))]
        placed = [(place, owner, match) for entry, match in fits for place, owner in entry.owners]
        placed.sort(key=itemgetter(0))
        return ((owner, match) for _, owner, match in placed)

    def _candidates(self, text: str) -> Sequence[_Entry[T]]:
        """Pre-select patterns.

        With non-ASCII text all are tried, as some letters match an ASCII one (long s matches s).
        """
        if not text.isascii():
            return self._all
        lowered = text.lower()
        possible = self._possible((lowered[0], lowered[-1])) if self._whole and lowered else self._all
        return [entry for entry in possible if entry.literal in lowered]

    def _possible(self, ends: tuple[str, str]) -> Sequence[_Entry[T]]:
        """The patterns that may match a text with this first and last letter."""
        found = self._by_ends.get(ends)
        if found is None:
            found = self._by_ends[ends] = [entry for entry, *own in self._ends if all(map(_is_one_of, ends, own))]
        return found

    @cached_property
    def _ends(self) -> list[tuple[_Entry[T], Letters, Letters]]:
        """The patterns with what a match that is not empty can start and end with."""
        return [(one, outer_letters(one.pattern), outer_letters(one.pattern, last=True)) for one in self._all]


def _is_one_of(letter: str, letters: Letters) -> bool:
    return letters is None or letter in letters


def literal_of(pattern: re.Pattern[str]) -> str:
    """The longest literal that every match contains, in lower case."""
    return max(_literals(_parsed(pattern)), key=len, default="")


def _parsed(pattern: re.Pattern[str]) -> Parts:
    parts: Parts = parser.parse(pattern.pattern, pattern.flags)
    return parts


def _literals(parts: Parts) -> Iterator[str]:
    run = ""
    for kind, letter in _flat(parts):
        if kind is op.LITERAL and letter in _ASCII:
            run += chr(letter).lower()
        elif kind not in _ZERO_WIDTH:
            yield run
            run = ""
            if kind in _REPEATS and letter[0] > 0:
                yield from _literals(letter[2])
    yield run


def _flat(parts: Parts) -> Iterator[tuple[Any, Any]]:
    """Flatten groups into one sequence."""
    for kind, value in parts:
        if kind is op.SUBPATTERN:
            yield from _flat(value[3])
        else:
            yield kind, value


def outer_letters(pattern: re.Pattern[str], *, last: bool = False) -> Letters:
    """The ASCII letters that a match which is not empty can start with, or end with."""
    return _outer(_flat(_parsed(pattern)), last=last)[0]


def _outer(parts: Iterable[tuple[Any, Any]], *, last: bool) -> tuple[Letters, bool]:
    """What the parts can start or end with, and whether they can be empty."""
    letters: frozenset[str] = frozenset()
    for kind, value in reversed(list(parts)) if last else parts:
        own, may_be_empty = _outer_of(kind, value, last=last)
        if own is None:
            return None, False
        letters |= own
        if not may_be_empty:
            return letters, False
    return letters, True


def _outer_of(kind: Any, value: Any, *, last: bool) -> tuple[Letters, bool]:
    if kind in _ZERO_WIDTH:
        return frozenset(), True
    if kind is op.LITERAL:
        return _in_class([(kind, value)]), False
    if kind is op.IN:
        return _in_class(value), False
    if kind is op.BRANCH:
        return _either([_outer(_flat(branch), last=last) for branch in value[1]])
    if kind in _REPEATS:
        letters, may_be_empty = _outer(_flat(value[2]), last=last)
        return letters, may_be_empty or value[0] == 0
    return None, False


def _either(branches: Sequence[tuple[Letters, bool]]) -> tuple[Letters, bool]:
    known = [letters for letters, _ in branches if letters is not None]
    anything = len(known) < len(branches)
    return (None if anything else frozenset().union(*known)), any(empty for _, empty in branches)


def _in_class(items: Parts) -> Letters:
    """The letters of a class like `[a-f0-9]`; None for categories, negated classes and non-ASCII letters."""
    letters: set[str] = set()
    for kind, value in items:
        low, high = value if kind is op.RANGE else (value, value)
        if kind not in (op.LITERAL, op.RANGE) or high not in _ASCII:
            return None
        letters.update(chr(code).lower() for code in range(low, high + 1))
    return frozenset(letters)

"""The index must find what trying every pattern finds, or some phone is not recognised and nobody knows why."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.patterns import PatternIndex, literal_of, outer_letters

PATTERNS = [
    r"<mac>\.cfg", r"(?:<mac>|y[0-9]{12})_Security\.enc", r"snom(?P<model>[A-Z]?\d+)(?:-<mac>)?\.html?", r".*\.rom",
    r"(?:yealink\.cfg)?", r"[^/]+/x", r"(?:a|bc)?d+", r"(?!W)[A-Z]\d*", r"\s*k+s\b.*", r"i{2,}s(?:k|S)", r"(?i:S)x|sk",
    r"", r"^a$|b", r"(?P<q>['\"])i(?P=q)", r"x{0,2}s", r"\d+", r"(?:ab){2}k", r"K\.S", r"[a-f]+(?=s)s", r"(?s:.)k",
    r"[\u00e4k]s", r"\u017f", r"(s)(?(1)k|i)",
]  # fmt: skip
_MAC = "(?P<mac>[0-9a-f]{12}|[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})"
COMPILED = [re.compile(text.replace("<mac>", _MAC), re.IGNORECASE) for text in (*PATTERNS, PATTERNS[0])]
LOOKALIKES = "\u017f\u212a\u0130\u0131\u1e9e\u00df\u00c4"
"""What equals an ASCII letter, or two of them, once case does not matter."""

texts = st.one_of(
    st.text(st.sampled_from("skiSKIabcdx0. -/:'\"" + LOOKALIKES), max_size=12),
    st.text(max_size=8),
    *(st.from_regex(pattern, fullmatch=True) for pattern in COMPILED),
    st.sampled_from(COMPILED).flatmap(lambda pattern: st.from_regex(pattern).map(str.swapcase)),
)


def plainly(text: str, *, whole: bool) -> list[tuple[int, tuple[int, int]]]:
    tried = [pattern.fullmatch(text) if whole else pattern.search(text) for pattern in COMPILED]
    return [(place, found.span()) for place, found in enumerate(tried) if found]


@pytest.mark.parametrize("whole", [True, False])
def test_the_index_finds_what_trying_every_pattern_finds(whole: bool) -> None:
    index = PatternIndex([(pattern, place) for place, pattern in enumerate(COMPILED)], whole=whole)

    @given(texts)
    def check(text: str) -> None:
        assert [(place, found.span()) for place, found in index.fitting(text)] == plainly(text, whole=whole)

    check()


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        (_MAC + r"\.CFG", ".cfg"),
        (r"(?:directory|favourite)\.xml", ".xml"),
        (r"^Yealink\s+(?:SIP-)?(?P<model>T\d+)", "yealink"),
        (r"a(?:bcd)+e", "bcd"),
        (r"a(?:bcd)*e", "a"),
        (r"[a-z]+", ""),
    ],
)
def test_most_patterns_are_passed_over_by_what_they_must_hold(pattern: str, literal: str) -> None:
    assert literal_of(re.compile(pattern, re.IGNORECASE)) == literal


@pytest.mark.parametrize(
    ("pattern", "first", "last"),
    [
        ("snom", "s", "m"),
        ("[a-c0]x", "abc0", "x"),
        ("(?:a|(b))c", "ab", "c"),
        ("c(?:a|(b)d)", "c", "ad"),
        ("a?b", "ab", "b"),
        ("ba?", "b", "ab"),
        ("(?:ab)?(?:cd)*", "ac", "bd"),
        ("^(?!x)Y", "y", "y"),
        (".x", None, "x"),
        ("x.?", "x", None),
        ("a?", "a", "a"),
        ("", "", ""),
        ("[^a]", None, None),
        (r"\d", None, None),
        ("(?:a|.)b", None, "b"),
        ("\u017f", None, None),
        ("[a\u212a]", None, None),
    ],
)
def test_the_first_and_last_letter_tell_which_patterns_to_try(
    pattern: str, first: str | None, last: str | None
) -> None:
    compiled = re.compile(pattern, re.IGNORECASE)
    told = outer_letters(compiled), outer_letters(compiled, last=True)
    assert told == tuple(None if letters is None else frozenset(letters) for letters in (first, last))

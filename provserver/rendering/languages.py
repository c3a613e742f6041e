"""Finds the best supported language for a wanted one, by CLDR's parent locales."""

from collections.abc import Iterator
from functools import lru_cache

from babel.core import get_global, parse_locale

_SCRIPT = 4  # letters in a script code


@lru_cache(maxsize=1024)
def nearest(wanted: str, spoken: tuple[str, ...]) -> str | None:
    """One of `spoken` (BCP 47 tags), or None.

    `en-AU` matches `en-GB` rather than `en-US`. `zh-HK` matches `zh-TW`, never `zh-CN`, which is a different script.
    """
    lineages = {tag: _lineage(tag) for tag in spoken}
    for ancestor in _lineage(wanted):
        related = [tag for tag in spoken if ancestor in lineages[tag]]
        if related:
            return min(related, key=lambda tag: (lineages[tag].index(ancestor), not _is_usual(tag)))
    return None


@lru_cache(maxsize=1024)
def _lineage(tag: str) -> tuple[str, ...]:
    """The tag and its parent locales, nearest first."""
    parts = _parts(tag)
    return tuple(_ancestors(_joined(*parts))) if parts else (tag.casefold(),)


def _ancestors(name: str | None) -> Iterator[str]:
    """`en_AU`, `en_001`, `en`. A non-default script has no parent."""
    parents = get_global("parent_exceptions")
    while name and name != "root":
        yield name
        shorter, _, last = name.rpartition("_")
        name = parents.get(name) or (None if len(last) == _SCRIPT else shorter)


def _joined(language: str, script: str, territory: str | None) -> str:
    """CLDR's notation: the script is omitted if it is the language's default."""
    usual = get_global("likely_subtags").get(language, "").split("_")
    return "_".join(filter(None, (language, None if script in usual else script, territory)))


def _parts(tag: str) -> tuple[str, str, str | None] | None:
    """Language, script and territory; None if CLDR cannot parse the tag."""
    try:
        language, territory, script = parse_locale(tag, sep="-")[:3]
    except ValueError:
        return None
    language = get_global("language_aliases").get(language, language)
    likely = get_global("likely_subtags")
    full = next((likely[name] for name in (f"{language}_{territory}", language) if name in likely), "")
    return language, script or next(iter(full.split("_")[1:]), ""), territory


def _is_usual(tag: str) -> bool:
    """Whether the territory is CLDR's default for the language."""
    parts = _parts(tag)
    return parts is not None and get_global("likely_subtags").get(parts[0]) == "_".join(map(str, parts))

"""Which language of those that phones speak is nearest to the one that is wanted, by the parents that CLDR knows."""

from collections.abc import Iterator
from functools import lru_cache

from babel.core import get_global, parse_locale

_SCRIPT = 4  # letters of its code


@lru_cache(maxsize=1024)
def nearest(wanted: str, spoken: tuple[str, ...]) -> str | None:
    """One of `spoken`, which are BCP 47 tags, or None.

    `en-AU` is rather `en-GB` than `en-US`; `zh-HK` is `zh-TW`, and never `zh-CN`, which has another script.
    """
    lineages = {tag: _lineage(tag) for tag in spoken}
    for ancestor in _lineage(wanted):
        related = [tag for tag in spoken if ancestor in lineages[tag]]
        if related:
            return min(related, key=lambda tag: (lineages[tag].index(ancestor), not _is_usual(tag)))
    return None


@lru_cache(maxsize=1024)
def _lineage(tag: str) -> tuple[str, ...]:
    """The tag and its parents, nearest first."""
    parts = _parts(tag)
    return tuple(_ancestors(_joined(*parts))) if parts else (tag.casefold(),)


def _ancestors(name: str | None) -> Iterator[str]:
    """`en_AU`, `en_001`, `en`; a script that is not the language's usual one has no parent."""
    parents = get_global("parent_exceptions")
    while name and name != "root":
        yield name
        shorter, _, last = name.rpartition("_")
        name = parents.get(name) or (None if len(last) == _SCRIPT else shorter)


def _joined(language: str, script: str, territory: str | None) -> str:
    """As CLDR spells it: without the script where it is the usual one of the language."""
    usual = get_global("likely_subtags").get(language, "").split("_")
    return "_".join(filter(None, (language, None if script in usual else script, territory)))


def _parts(tag: str) -> tuple[str, str, str | None] | None:
    """Language, script and territory; None for a tag that CLDR cannot read."""
    try:
        language, territory, script = parse_locale(tag, sep="-")[:3]
    except ValueError:
        return None
    language = get_global("language_aliases").get(language, language)
    likely = get_global("likely_subtags")
    full = next((likely[name] for name in (f"{language}_{territory}", language) if name in likely), "")
    return language, script or next(iter(full.split("_")[1:]), ""), territory


def _is_usual(tag: str) -> bool:
    """Whether the territory is the one that CLDR takes for the language where none is said."""
    parts = _parts(tag)
    return parts is not None and get_global("likely_subtags").get(parts[0]) == "_".join(map(str, parts))

"""The few forms of Markdown that generated pages are made of."""

from collections.abc import Iterable, Sequence
from textwrap import fill

NONE = ""
_MADE = "<!-- Made by docs/generate.py; changes belong into what it is made from. -->\n"


def code(text: str) -> str:
    """The text as code."""
    return f"`{text}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold anything."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "&#124;").split())


def prose(text: str) -> str:
    """A paragraph, in lines of our width."""
    return fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False) + "\n"


def page(parts: Iterable[str]) -> str:
    """The parts with a blank line between them, and the word that nobody should edit this."""
    return _MADE + "\n".join(parts)

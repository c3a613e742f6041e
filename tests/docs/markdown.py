"""Reading the project's Markdown: fenced blocks, links, headings."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))

_FENCE = re.compile(r"^```(?P<language>\w+)(?P<rest>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `words` are what stands after the language; `line` is where its text begins."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int


def blocks(text: str) -> list[Block]:
    """The fenced blocks in their order."""
    return [
        Block(
            found["language"],
            tuple(found["rest"].split()),
            found["text"],
            text.count("\n", 0, found.start("text")) + 1,
        )
        for found in _FENCE.finditer(text)
    ]


def links(text: str) -> list[str]:
    """The targets of links, without those in fenced blocks."""
    return [found["target"] for found in _LINK.finditer(_FENCE.sub("", text))]


def anchors(text: str) -> set[str]:
    """What `#…` may point to: the headings, spelled as forges spell them in addresses."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}

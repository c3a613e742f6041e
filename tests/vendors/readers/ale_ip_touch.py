"""Files of IP Touch phones: `name=value` in sections, read as section.name; and the line that says what a phone is."""

import re

from .pairs import Pairs, lines_of

_SECTION = re.compile(r"\[(?P<section>[a-z]+)\]")
_PAIR = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_]*)=(?P<value>.*)")


def read(template: str, body: bytes) -> Pairs:
    """A section stands once, and a comment has its mark where the line begins."""
    pairs: Pairs = []
    sections: list[str] = []
    for line in lines_of(body):
        if found := _SECTION.fullmatch(line):
            assert found["section"] not in sections
            sections.append(found["section"])
        elif found := _PAIR.fullmatch(line):
            pairs.append((".".join([*sections[-1:], found["name"]]), found["value"]))
        else:
            assert not line or line.startswith("#"), f"neither a parameter nor a comment: {line}"
    return pairs

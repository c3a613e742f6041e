"""Files of Zenitel's stations: sections, and in them ` name=value` with a blank before it, read as section.name."""

import re

from .pairs import Pairs, lines_of

_SECTION = re.compile(r"\[(?P<section>[a-z]+)\]")
_PAIR = re.compile(r" (?P<name>[a-z][a-z0-9_]*)=(?P<value>.*)")


def read(template: str, body: bytes) -> Pairs:
    """Nothing else stands in a file."""
    pairs: Pairs = []
    section = ""
    for line in lines_of(body):
        if head := _SECTION.fullmatch(line):
            section = head["section"]
        else:
            pair = _PAIR.fullmatch(line)
            assert pair, f"neither a section nor a parameter: {line}"
            pairs.append((f"{section}.{pair['name']}", pair["value"]))
    return pairs

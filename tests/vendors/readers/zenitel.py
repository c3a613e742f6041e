"""Files of Zenitel's stations: sections, and in them ` name=value` with a blank before it, read as section.name."""

import re

from .pairs import Pairs

_SECTION = re.compile(r"\[(?P<section>[a-z]+)\]")
_PAIR = re.compile(r" (?P<name>[a-z][a-z0-9_]*)=(?P<value>.*)")


def read(template: str, body: bytes) -> Pairs:
    """Nothing else stands in a file."""
    text = body.decode("utf-8")
    assert text.endswith("\n")
    assert "\r" not in text
    pairs: Pairs = []
    section = ""
    for line in text.removesuffix("\n").split("\n"):
        if head := _SECTION.fullmatch(line):
            section = head["section"]
        else:
            pair = _PAIR.fullmatch(line)
            assert pair, f"neither a section nor a parameter: {line}"
            pairs.append((f"{section}.{pair['name']}", pair["value"]))
    return pairs

"""Avaya's settings files: `SET NAME "value"` or `GET file` on a line of its own, or a comment that begins with ##."""

import re

from .pairs import Pairs, lines_of

_SET = re.compile(r'SET (?P<name>[A-Z0-9_]+) "(?P<value>[^"]*)"')
_OTHER = re.compile(r"## .*|GET [$A-Za-z0-9_.]+")


def read(template: str, body: bytes) -> Pairs:
    """The parts of a key are also read one by one, as `PHONEKEY.<part>`; a value never holds a quotation mark."""
    pairs: Pairs = []
    for line in lines_of(body):
        found = _SET.fullmatch(line)
        if found is None:
            assert _OTHER.fullmatch(line), f"neither a parameter nor a comment: {line}"
            continue
        pairs.append((found["name"], found["value"]))
        if found["name"] == "PHONEKEY":
            parts = (part.partition("=") for part in found["value"].split(";"))
            pairs.extend((f"PHONEKEY.{name}", value) for name, _, value in parts)
    return pairs

"""Files of Avaya's 1100 and 1200: `NAME value` on a line of its own, comments, and heads of sections."""

import re

from .pairs import Pairs, lines_of

_PAIR = re.compile(r"(?P<name>[A-Z][A-Z0-9_.]*) (?P<value>\S(?:.*\S)?)")
_OTHER = re.compile(r"# .*|\[[A-Z_]+\]")


def read(template: str, body: bytes) -> Pairs:
    """A value begins at the first letter after the name, and ends at the last of the line."""
    pairs: Pairs = []
    for line in lines_of(body):
        found = _PAIR.fullmatch(line)
        if found is None:
            assert _OTHER.fullmatch(line), f"neither a parameter nor a comment: {line}"
            continue
        pairs.append((found["name"], found["value"]))
    return pairs

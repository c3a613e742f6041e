"""Mitel's `name: value` lines: a name may hold blanks, and a value with `#` or `|` stands in quotes."""

import re

from .pairs import Pairs, lines_of

_PAIR = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9 ._-]*): (?:\"(?P<quoted>[^\"]*)\"|(?P<plain>[^\"#|]*))")
_OTHER = re.compile(r"#.*|")


def read(template: str, body: bytes) -> Pairs:
    """A bare value ends where a comment would begin, so it must hold no such sign; blanks around it are cut off."""
    pairs: Pairs = []
    for line in lines_of(body):
        pair = _PAIR.fullmatch(line)
        if pair is None:
            assert _OTHER.fullmatch(line), f"neither a parameter nor a comment: {line}"
            continue
        value = pair["quoted"] if pair["quoted"] is not None else pair["plain"]
        assert value == value.strip(), f"blanks that the phone cuts off: {line}"
        pairs.append((pair["name"], value))
    return pairs

"""Text of Cisco's oldest SIP phones: `name: "value"` on a line of its own, or a comment that begins with #."""

import re

from . import xml
from .pairs import Pairs, lines_of

_PAIR = re.compile(r'(?P<name>[a-z][A-Za-z0-9_]*): "(?P<value>[^"]*)"')


def read(template: str, body: bytes) -> Pairs:
    """A value never holds a quotation mark, nor anything that is not in ASCII."""
    if template.endswith(".xml.j2"):
        return xml.read(body)
    pairs: Pairs = []
    for line in lines_of(body):
        assert line.isascii()
        found = _PAIR.fullmatch(line)
        assert found or line.startswith("# "), f"neither a parameter nor a comment: {line}"
        if found:
            pairs.append((found["name"], found["value"]))
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), "a parameter stands twice"
    return pairs

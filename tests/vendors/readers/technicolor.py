"""Thomson's text: `name=value` lines below the name of their section in brackets; read as `section.name`."""

import re

from .pairs import Pairs

_SECTION = re.compile(r"\[(?P<name>[a-z]+)\]")
_PAIR = re.compile(r"(?P<name>[A-Za-z0-9_-]+)=(?P<value>.*)")


def read(template: str, body: bytes) -> Pairs:
    """An assertion fails for what is neither, and for a parameter that stands above every section."""
    section = ""
    pairs: Pairs = []
    for line in body.decode("ascii").splitlines():
        head, pair = _SECTION.fullmatch(line), _PAIR.fullmatch(line)
        if head:
            section = head["name"]
        elif pair:
            assert section, f"in no section: {line}"
            pairs.append((f"{section}.{pair['name']}", pair["value"]))
        else:
            assert not line, f"neither a parameter nor a section: {line}"
    return pairs

"""Atcom's text: modules in angle brackets, lists in them between hyphens, and names that a colon ends at one place."""

import re

from .pairs import Pairs, lines_of

_MODULE = re.compile(r"<(?P<name>[A-Z0-9 ]+ MODULE)>")
_LIST = re.compile(r"--(?P<name>[A-Za-z ]+)-- *:")
_PAIR = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9 .]{18}):(?P<value>.*)")


def read(template: str, body: bytes) -> Pairs:
    """Names as module, list and name; each module and list is opened once, and the file has its head and its end."""
    first, *lines, last = lines_of(body)
    assert re.fullmatch(r"<<VOIP CONFIG FILE>>Version:[2-9]\.[0-9]{4}", first)
    assert last == "<<END OF FILE>>"
    module = place = ""
    opened: list[str] = []
    pairs: Pairs = []
    for line in filter(None, lines):
        head, inner, pair = _MODULE.fullmatch(line), _LIST.fullmatch(line), _PAIR.fullmatch(line)
        if head or inner:
            module = head["name"] if head else module
            place = module if head else f"{module}/{inner['name']}" if inner else ""
            opened.append(place)
            continue
        assert module, f"in no module: {line}"
        assert pair, f"neither a parameter nor a module: {line}"
        pairs.append((f"{place}/{pair['name'].rstrip()}", pair["value"]))
    assert len(opened) == len(set(opened)), "a module is opened twice"
    return pairs

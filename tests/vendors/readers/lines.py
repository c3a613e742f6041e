"""Text of one parameter a line: `name = value`, with comments, section heads and Yealink's includes."""

import re

from .pairs import Pairs

_PAIR = re.compile(r"(?P<name>[^\s=#]+) ?= ?(?P<value>.*)")
_OTHER = re.compile(r"#.*|include:\w+ \"[^\"]*\"|\[[^\]]*\]|")


def read(body: bytes) -> Pairs:
    """An assertion fails for a line that is neither; a value in quotes is read with and without them."""
    text = body.decode("utf-8")
    if "\r" in text:
        assert text.count("\r\n") == text.count("\r") == text.count("\n"), "some lines end otherwise than others"
        text = text.replace("\r\n", "\n")
    assert text.endswith("\n")
    pairs: Pairs = []
    for line in text.removesuffix("\n").split("\n"):
        pair = _PAIR.fullmatch(line)
        if pair:
            name, value = pair["name"], pair["value"]
            pairs.append((name, value))
            if len(value) > 1 and value[0] == value[-1] == '"':
                pairs.append((name, value[1:-1]))
        else:
            assert _OTHER.fullmatch(line), f"neither a parameter nor a comment: {line}"
    return pairs

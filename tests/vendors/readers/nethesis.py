"""Text of modules: `<A MODULE>`, lists in it `--A List--  :`, and `Name   :value`, begun by the first colon."""

import re

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """Names are module, list and name; the phone takes what stands between its first and its last line."""
    first, *lines, last, end = body.decode("utf-8").split("\n")
    assert (first, last, end) == ("<<VOIP CONFIG FILE>>Version:2.0002", "<<END OF FILE>>", "")
    pairs: Pairs = []
    module = part = ""
    for line in lines:
        if not line:
            continue
        if re.fullmatch(r"<[A-Z0-9 ]+ MODULE>", line):
            module, part = line[1:-1], ""
        elif heading := re.fullmatch(r"--([A-Za-z0-9 ]+)-- *:", line):
            part = heading[1]
        else:
            name, colon, value = line.partition(":")
            assert colon, line
            assert module, "outside of every module"
            pairs.append((".".join(filter(None, (module, part, name.rstrip()))), value))
    assert len(dict(pairs)) == len(pairs), "a parameter stands twice"
    return pairs

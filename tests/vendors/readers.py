"""Readers of phones' files that know nothing of how they were made, and are stricter than any phone."""

import re

from lxml import etree

_PAIR = re.compile(r"(?P<name>[^\s=#]+) ?= ?(?P<value>.*)")
_OTHER = re.compile(r"#.*|include:\w+ \"[^\"]*\"|\[[^\]]*\]|")

Pairs = list[tuple[str, str]]


def read_pairs(body: bytes) -> Pairs:
    """Names and values of a phone's file, in its order; an assertion fails for what is neither."""
    text = body.decode("utf-8")
    return _read_xml(body) if text.lstrip().startswith("<") else _read_lines(text)


def _read_xml(body: bytes) -> Pairs:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    pairs: Pairs = []
    for element in etree.fromstring(body, parser).iter():
        assert isinstance(element.tag, str), "a comment or an instruction that the file should not have"
        pairs.extend((f"{element.tag}@{name}", value) for name, value in element.attrib.items())
        if len(element) == 0:
            pairs.append((element.tag, element.text or ""))
    return pairs


def _read_lines(text: str) -> Pairs:
    assert "\r" not in text
    assert text.endswith("\n")
    pairs: Pairs = []
    for line in text.removesuffix("\n").split("\n"):
        pair = _PAIR.fullmatch(line)
        if pair:
            pairs.append((pair["name"], pair["value"]))
        else:
            assert _OTHER.fullmatch(line), f"neither a parameter nor a comment: {line}"
    return pairs

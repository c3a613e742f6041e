"""Readers of phones' files that know nothing of how they were made, and are stricter than any phone.

What phones write in more than one way is read in each of them, since nothing here knows which phone it is.
"""

import re

from lxml import etree

_PAIR = re.compile(r"(?P<name>[^\s=#]+) ?= ?(?P<value>.*)")
_OTHER = re.compile(r"#.*|include:\w+ \"[^\"]*\"|\[[^\]]*\]|")

Pairs = list[tuple[str, str]]


def read_pairs(body: bytes) -> Pairs:
    """Names and values of a phone's file, in its order; an assertion fails for what is neither.

    A value in quotes is read with and without them; `<param name="x" value="y"/>` also as x = y, and an element inside
    others also by its path, in which `<idx id="1">` is `1`.
    """
    text = body.decode("utf-8")
    return _read_xml(body) if text.lstrip().startswith("<") else _read_lines(text)


def _read_xml(body: bytes) -> Pairs:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    pairs: Pairs = []
    for element in etree.fromstring(body, parser).iter(etree.Element, etree.ProcessingInstruction, etree.Entity):
        assert isinstance(element.tag, str), "an instruction that the file should not have"
        attributes = dict(element.attrib)
        pairs.extend((f"{element.tag}@{name}", value) for name, value in attributes.items())
        if "name" in attributes and "value" in attributes:
            pairs.append((attributes["name"], attributes["value"]))
        if len(element) == 0:
            pairs.append((element.tag, element.text or ""))
            pairs.append((_path(element), element.text or ""))
    return pairs


def _path(element: etree._Element) -> str:
    above = [outer for outer in reversed([element, *element.iterancestors()]) if outer.getparent() is not None]
    return ".".join(outer.get("id", "") if outer.tag == "idx" else str(outer.tag) for outer in above)


def _read_lines(text: str) -> Pairs:
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

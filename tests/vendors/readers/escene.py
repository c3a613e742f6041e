"""Escene's XML: a parameter is an attribute of its group, in groups of several that of one with a number."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """`group.attribute`, and `group.<id>.attribute` such as `sipUser.0.Password`."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert (root.tag, dict(root.attrib)) == ("all", {})
    pairs: Pairs = []
    for group in root.iter(etree.Element):
        own = dict(group.attrib)
        name = str(group.tag) + (f".{own.pop('id')}" if "id" in own else "")
        pairs.extend((f"{name}.{attribute}", value) for attribute, value in own.items())
    assert len(dict(pairs)) == len(pairs), "a parameter stands twice"
    return pairs

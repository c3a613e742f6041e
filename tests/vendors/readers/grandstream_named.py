"""Grandstream's files of named items: `<item name="x">y</item>` is x = y."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """The items, each once; the phone refuses a file without its two outer elements or with another MAC."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert (root.tag, dict(root.attrib)) == ("gs_provision", {"version": "1"})
    mac, config = root.findall("*")
    assert (mac.tag, config.tag, dict(config.attrib)) == ("mac", "config", {"version": "2"})
    items = config.findall("*")
    assert all(item.tag == "item" and list(item.attrib) == ["name"] and len(item) == 0 for item in items)
    pairs = [(item.attrib["name"], item.text or "") for item in items]
    assert len(dict(pairs)) == len(pairs), "an item stands twice"
    return pairs

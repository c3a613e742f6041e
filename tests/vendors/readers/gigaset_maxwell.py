"""Gigaset's provisioning files: parameters, the one firmware file, and steps, which have their URL as value."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """Each parameter once; a parameter given twice is one that the phone may take from either place."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert (root.tag, dict(root.attrib)) == ("provisioning", {"version": "1.1"})
    pairs: Pairs = []
    for part in root.iter(etree.Element):
        told = dict(part.attrib)
        if part.tag == "param":
            assert list(told) == ["name", "value"]
            pairs.append((told["name"], told["value"]))
        elif part.tag == "file":
            pairs.extend(("file", told[name]) for name in ("version", "url"))
        elif part.tag == "step":
            pairs.append((told["type"], told.get("url", "")))
        else:
            assert part.tag in ("provisioning", "firmware", "nvm", "custom")
    names = [name for name, _ in pairs if name != "file"]
    assert len(set(names)) == len(names), "a parameter stands twice"
    return pairs

"""Older XML of Fanvil: a name is the path of its element; an entry of a list is known by its <ID>: `Entry[SIP2]`."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """The leaves, each once, without attributes; no module is opened twice."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert root.tag == "VOIP_CONFIG_FILE"
    assert not any(element.attrib for element in root.iter(etree.Element))
    assert [(child.tag, child.text) for child in root[:1]] == [("version", "2.0002")]
    pairs: Pairs = []
    for module in root[1:]:
        _walk(module, "", pairs)
    assert len(dict(pairs)) == len(pairs), "a parameter stands twice"
    steps = [child.tag for child in root]
    assert len(set(steps)) == len(steps), "a module is opened twice"
    return pairs


def _walk(element: etree._Element, above: str, pairs: Pairs) -> None:
    entry = element.find("ID")
    path = above + str(element.tag) + (f"[{entry.text}]" if entry is not None else "")
    if len(element) == 0:
        pairs.append((path, element.text or ""))
    for child in element:
        if child.tag != "ID":
            _walk(child, f"{path}.", pairs)

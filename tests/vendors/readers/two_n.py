"""2N's database: elements in elements, of which those of one name tell their number, `<Sip At="0">`, read as Sip[0]."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """An element has a place of its own, and holds either others or text."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    assert root.tag == "DeviceDatabase"
    pairs = _inside(root, "")
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), "two elements in one place"
    return pairs


def _inside(element: etree._Element, path: str) -> Pairs:
    pairs: Pairs = []
    heads = []
    for child in element:
        assert not set(child.attrib) - {"At"}
        at = child.get("At")
        head = f"{child.tag}[{at}]" if at is not None else str(child.tag)
        heads.append(head)
        if len(child):
            assert not (child.text or "").strip(), "text beside elements"
            pairs.extend(_inside(child, f"{path}{head}."))
        else:
            pairs.append((f"{path}{head}", child.text or ""))
    assert len(heads) == len(set(heads)), "an element stands twice"
    return pairs

"""UC Software: each parameter is an attribute, whatever the element is called; the first of a name counts."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """The attributes of all elements in turn; text between elements, and a name said twice, are mistakes."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    pairs: Pairs = []
    for element in root.iter():
        assert isinstance(element.tag, str), "an instruction or a comment"
        assert not f"{element.text or ''}{element.tail or ''}".strip(), "text that nothing reads"
        pairs.extend((str(name), str(value)) for name, value in element.attrib.items())
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), "a parameter said twice"
    return pairs

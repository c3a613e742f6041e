"""Fanvil's XML: a parameter's name is the path of its element, in which `<line index="2">` is `line[2]`."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """The leaves, each once; no element is opened twice, since it is not known which of the two a phone would take."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert (root.tag, dict(root.attrib)) == ("sysConf", {})
    assert [(child.tag, child.text) for child in root[:1]] == [("Version", "2.0002")]
    pairs: Pairs = []
    for child in root[1:]:
        _walk(child, "", pairs)
    assert len(dict(pairs)) == len(pairs), "a parameter stands twice"
    for element in root.iter():
        steps = [_step(child) for child in element]
        assert len(set(steps)) == len(steps), "an element is opened twice"
    return pairs


def _step(element: etree._Element) -> str:
    assert set(element.attrib) <= {"index"}
    index = element.get("index")
    return str(element.tag) + (f"[{index}]" if index else "")


def _walk(element: etree._Element, above: str, pairs: Pairs) -> None:
    path = above + _step(element)
    if len(element) == 0:
        assert "index" not in element.attrib
        pairs.append((path, element.text or ""))
    for child in element:
        _walk(child, f"{path}.", pairs)

"""XML of elements in elements, of which those of one name tell their number: `<Sip At="0">` is read as Sip[0]."""

from lxml import etree

from .pairs import Pairs


def read(body: bytes, root: str, number: str, *, others: frozenset[str] = frozenset()) -> Pairs:
    """Every text by its place. `number` is the attribute that tells which of several it is; `others` may stand by."""
    found = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    assert found.tag == root
    pairs = _inside(found, "", number, others)
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), "two elements in one place"
    return pairs


def _inside(element: etree._Element, path: str, number: str, others: frozenset[str]) -> Pairs:
    pairs: Pairs = []
    heads = []
    for child in element:
        assert set(map(str, child.attrib)) <= {number, *others}
        at = child.get(number)
        head = str(child.tag) + (f"[{at}]" if at is not None else "")
        heads.append(head)
        if len(child):
            assert not (child.text or "").strip(), "text beside elements"
            pairs.extend(_inside(child, f"{path}{head}.", number, others))
        else:
            pairs.append((f"{path}{head}", child.text or ""))
    assert len(heads) == len(set(heads)), "an element stands twice"
    return pairs

"""Items of Unify's phones: `<Item name="x" index="3">value</Item>`, read as x, in one message that writes items."""

from lxml import etree

from .pairs import Pairs

_SPACE = "{http://www.siemens.com/DLS}"


def read(template: str, body: bytes) -> Pairs:
    """An item holds text alone, and nothing stands beside the items."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    assert root.tag == f"{_SPACE}DLSMessage"
    (message,) = root
    action, items = message
    assert (action.tag, action.text) == (f"{_SPACE}Action", "WriteItems")
    assert items.tag == f"{_SPACE}ItemList"
    pairs: Pairs = []
    for item in items:
        assert item.tag == f"{_SPACE}Item"
        assert len(item) == 0
        assert not set(item.attrib) - {"name", "index"}
        index = item.get("index")
        assert index is None or index.isdecimal()
        pairs.append((str(item.attrib["name"]), item.text or ""))
    return pairs

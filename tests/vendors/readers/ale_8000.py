"""Files of Alcatel-Lucent Enterprise's 8000 phones: each setting overrides what the phone had."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """No setting stands twice."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert root.tag == "settings"
    pairs: Pairs = []
    for element in root:
        assert element.tag == "setting"
        assert set(element.attrib) == {"id", "value", "override"}
        pairs.append((element.attrib["id"], element.attrib["value"]))
    assert len(dict(pairs)) == len(pairs), "something stands twice"
    return pairs

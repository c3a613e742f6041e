"""Files of Alcatel-Lucent Enterprise's Myriad phones: `<setting id="x" value="y"/>` and nothing else."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """No setting stands twice."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert root.tag == "settings"
    pairs: Pairs = []
    for element in root:
        assert element.tag == "setting"
        assert set(element.attrib) == {"id", "value"}
        pairs.append((element.attrib["id"], element.attrib["value"]))
    assert len(dict(pairs)) == len(pairs), "something stands twice"
    return pairs

"""XML of any vendor."""

from lxml import etree

from .pairs import Pairs


def read(body: bytes) -> Pairs:
    """Every attribute, and the text of every element that holds no other.

    `<param name="x" value="y"/>` is also read as x = y, and an element inside others also by its path, in which
    `<idx id="1">` is `1`.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    pairs: Pairs = []
    for element in etree.fromstring(body, parser).iter(etree.Element, etree.ProcessingInstruction, etree.Entity):
        assert isinstance(element.tag, str), "an instruction that the file should not have"
        attributes = dict(element.attrib)
        pairs.extend((f"{element.tag}@{name}", value) for name, value in attributes.items())
        if "name" in attributes and "value" in attributes:
            pairs.append((attributes["name"], attributes["value"]))
        if len(element) == 0:
            pairs.append((element.tag, element.text or ""))
            pairs.append((_path(element), element.text or ""))
    return pairs


def _path(element: etree._Element) -> str:
    above = [outer for outer in reversed([element, *element.iterancestors()]) if outer.getparent() is not None]
    return ".".join(outer.get("id", "") if outer.tag == "idx" else str(outer.tag) for outer in above)

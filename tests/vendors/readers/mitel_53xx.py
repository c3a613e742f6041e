"""Files of Mitel's 5300 phones: elements, `<Key Line="3" Fea="6"/>` as key.3.Fea, and the users in their order."""

from lxml import etree

from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """Users are counted in the order in which they stand; nothing stands twice."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert root.tag == "Parameter"
    pairs: Pairs = []
    for element in root:
        match element.tag:
            case "pkDescription":
                assert all(key.tag == "Key" for key in element)
                for key in element:
                    pairs.extend(_attributes(key, f"key.{key.attrib['Line']}", but="Line"))
            case "user_list":
                assert all(user.tag == "User" for user in element)
                for number, user in enumerate(element, 1):
                    pairs.extend(_attributes(user, f"user.{number}"))
            case tag:
                assert len(element) == 0
                assert not element.attrib
                pairs.append((str(tag), element.text or ""))
    assert len(dict(pairs)) == len(pairs), "something stands twice"
    return pairs


def _attributes(element: etree._Element, name: str, but: str = "") -> Pairs:
    return [(f"{name}.{key!s}", str(value)) for key, value in element.attrib.items() if key != but]

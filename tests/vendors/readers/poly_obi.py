"""Obihai's parameter lists: objects named with a dot at their end, each once, that hold pairs of a name and a value."""

from lxml import etree

from .pairs import Pairs

_LONG = {"Object": "Object", "ParameterValueStruct": "ParameterValueStruct", "Name": "Name", "Value": "Value"}
_SHORT = {"O": "Object", "P": "ParameterValueStruct", "N": "Name", "V": "Value"}


def read(template: str, body: bytes) -> Pairs:
    """Whole names and values; long and short tags in one file, or anything else in it, are mistakes."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    assert root.tag == "ParameterList"
    tags = _SHORT if root.find("O") is not None else _LONG
    pairs: Pairs = []
    seen = set()
    for holder in root:
        assert tags[str(holder.tag)] == "Object"
        name, *held = holder
        folder = _text(name, tags, "Name")
        assert folder.endswith("."), folder
        assert folder not in seen, f"{folder} twice"
        seen.add(folder)
        for item in held:
            assert tags[str(item.tag)] == "ParameterValueStruct"
            called, value = item
            pairs.append((folder + _text(called, tags, "Name"), _text(value, tags, "Value")))
    return pairs


def _text(element: etree._Element, tags: dict[str, str], wanted: str) -> str:
    assert tags[str(element.tag)] == wanted
    assert len(element) == 0
    return element.text or ""

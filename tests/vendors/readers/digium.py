"""Files of Digium's D series and Sangoma's P series: attributes of accounts, codecs and settings, and keys."""

from lxml import etree

from .pairs import Pairs

_CHILDREN = {"host_primary", "host_alternate"}


def read(template: str, body: bytes) -> Pairs:
    """`<setting id="x" value="y"/>` is x = y, and `<account index="0" a="b">` is `account.1.a` = b.

    Transports of a second server or a proxy must be that of the first server, and are not told again.
    """
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    if template in _OF_KEYS:
        return _OF_KEYS[template](root)
    assert root.tag == "config"
    pairs: Pairs = []
    for element in root:
        match element.tag:
            case "setting":
                assert set(element.attrib) - {"type"} == {"id", "value"}
                pairs.append((str(element.attrib["id"]), str(element.attrib["value"])))
            case "accounts":
                assert all(account.tag == "account" for account in element)
                for account in element:
                    pairs.extend(_account(account))
            case "codecs":
                assert all(codec.tag == "codec" and len(codec) == 0 for codec in element)
                for codec in element:
                    pairs.extend(_own(codec, f"codec.{_text(codec, 'id')}", "id"))
            case "smart_blf":
                assert [item.tag for item in element] == ["blf_items"]
                assert "-smartblf.xml?v=" in _text(element[0], "url")
            case "contacts":
                pairs.extend(_own(element, f"contacts.{_text(element, 'id')}", "id"))
            case _:
                raise AssertionError(f"no phone knows {element.tag!r}")
    assert len(dict(pairs)) == len(pairs), "something stands twice"
    return pairs


def _account(account: etree._Element) -> Pairs:
    name = f"account.{int(_text(account, 'index')) + 1}"
    pairs = _own(account, name, "")
    hosts = {str(child.tag): child for child in account}
    assert len(hosts) == len(account)
    assert set(hosts) <= _CHILDREN
    transport = hosts["host_primary"].attrib.get("transport") if hosts else None
    for tag, host in hosts.items():
        pairs.extend(_own(host, f"{name}.{tag}", "" if tag == "host_primary" else "transport"))
        for proxy in host:
            assert (tag, proxy.tag, len(proxy)) == ("host_primary", "outbound_proxy", 0)
            pairs.extend(_own(proxy, f"{name}.{tag}.outbound_proxy", "transport"))
        assert all(other.attrib["transport"] == transport for other in ([host] if host.attrib else []) + list(host))
    return pairs


def _contacts(root: etree._Element) -> Pairs:
    """`main.2.dial` of the contact that is called `main.2`, with everything else that it says."""
    assert [(str(group.tag), _text(group, "id")) for group in root] == [("contacts", "keys")]
    pairs: Pairs = []
    for contact in root[0]:
        name = _text(contact, "id")
        pairs.extend(_own(contact, name, "id"))
        for action in contact[0]:
            kind = _text(action, "id")
            assert kind in ("primary", "pickup")
            pairs.append((f"{name}.{'dial' if kind == 'primary' else kind}", _text(action, "dial")))
            assert _text(action, "label") == _text(contact, "first_name")
    assert len(dict(pairs)) == len(pairs), "a contact stands twice"
    return pairs


def _smart_blf(root: etree._Element) -> Pairs:
    """Each item is where a key is; what it does is all the same, and is told by the contact.

    The keys of a column are counted anew on each of its pages.
    """
    items = root[0][0]
    assert (root[0].tag, items.tag) == ("smart_blf", "blf_items")
    pairs: Pairs = []
    pages: dict[str, list[int]] = {}
    for item in items:
        assert item.tag == "blf_item"
        assert ("contact_id" in item.attrib) is bool(len(item)) is ("blank" not in item.attrib)
        index, column = int(_text(item, "index")), _text(item, "location")
        column += f".{_text(item, 'node')}" if "node" in item.attrib else ""
        before = pages.setdefault(column, [])
        before.append(index)
        first = _KEYS_OF_A_PAGE.get(column.partition(".")[0], 0) * max(before.count(0) - 1, 0)
        name = f"{column}.{first + index + 1}"
        assert item.attrib.get("contact_id", name) == name
        pairs.extend(_own(item, name, "contact_id"))
    return pairs


_KEYS_OF_A_PAGE = {"side": 10, "expansion": 20}


_OF_KEYS = {"contacts.xml.j2": _contacts, "smartblf.xml.j2": _smart_blf}


def _own(element: etree._Element, name: str, without: str) -> Pairs:
    return [(f"{name}.{key!s}", _text(element, str(key))) for key in element.attrib if key != without]


def _text(element: etree._Element, attribute: str) -> str:
    return str(element.attrib[attribute])

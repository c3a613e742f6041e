"""Files of Digium's D series and Sangoma's P series: attributes of accounts, codecs and settings."""

from lxml import etree

from .pairs import Pairs

_CHILDREN = {"host_primary", "host_alternate"}


def read(template: str, body: bytes) -> Pairs:
    """`<setting id="x" value="y"/>` is x = y, and `<account index="0" a="b">` is `account.1.a` = b.

    Transports of a second server or a proxy must be that of the first server, and are not told again.
    """
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    assert root.tag == "config"
    pairs: Pairs = []
    for element in root:
        match element.tag:
            case "setting":
                assert set(element.attrib) == {"id", "value"}
                pairs.append((element.attrib["id"], element.attrib["value"]))
            case "accounts":
                assert all(account.tag == "account" for account in element)
                for account in element:
                    pairs.extend(_account(account))
            case "codecs":
                assert all(codec.tag == "codec" and len(codec) == 0 for codec in element)
                for codec in element:
                    pairs.extend(_own(codec, f"codec.{_text(codec, 'id')}", "id"))
            case "contacts":
                pairs.extend(_own(element, f"contacts.{_text(element, 'id')}", "id"))
            case _:
                raise AssertionError(f"no phone knows {element.tag!r}")
    assert len(dict(pairs)) == len(pairs), "something stands twice"
    return pairs


def _account(account: etree._Element) -> Pairs:
    name = f"account.{int(_text(account, 'index')) + 1}"
    pairs = _own(account, name, "index")
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


def _own(element: etree._Element, name: str, without: str) -> Pairs:
    return [(f"{name}.{key!s}", _text(element, str(key))) for key in element.attrib if key != without]


def _text(element: etree._Element, attribute: str) -> str:
    return str(element.attrib[attribute])

"""Linphone's sections: `<section name="s"><entry name="k">value</entry>` is read as s.k, and addresses part by part."""

import re
from collections.abc import Iterator

from lxml import etree

from .pairs import Pairs

_SPACE = "{http://www.linphone.org/xsds/lpconfig.xsd}"
_IDENTITY = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*)" <sip:(?P<user>[^>]+)@(?P<domain>[^@>]+)>')
_SERVER = re.compile(r"<sip:(?P<server>[^:;>]+)(?::(?P<port>\d+))?(?:;transport=(?P<transport>\w+))?>")
_ROUTE = re.compile(r"<sip:(?P<route>[^;>]+)(?:;transport=\w+)?;lr>")
_ADDRESSES = {"reg_identity": _IDENTITY, "reg_proxy": _SERVER, "reg_route": _ROUTE}


def read(template: str, body: bytes) -> Pairs:
    """A section and a key in it stand once."""
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    assert root.tag == f"{_SPACE}config"
    pairs: Pairs = []
    names = []
    for section in root:
        assert section.tag == f"{_SPACE}section"
        for entry in section:
            assert entry.tag == f"{_SPACE}entry"
            assert len(entry) == 0
            names.append(f"{section.attrib['name']}.{entry.attrib['name']}")
            pairs.append((names[-1], entry.text or ""))
    assert len(names) == len(set(names)), "a key stands twice"
    return [*pairs, *(part for name, value in pairs for part in _parts(name, value))]


def _parts(name: str, value: str) -> Iterator[tuple[str, str]]:
    section, _, key = name.partition(".")
    if key not in _ADDRESSES:
        return
    found = _ADDRESSES[key].fullmatch(value)
    assert found, f"not an address: {value}"
    for part, text in found.groupdict().items():
        if text is not None:
            yield f"{section}.{part}", re.sub(r"\\(.)", r"\1", text)

"""Sections of a Temporis phone: `[ account ]`, the path of a file in the phone, then `name = value` lines."""

import re

from .pairs import Pairs, lines_of

_SECTION = re.compile(r"\[ (?P<title>\w+) \]")
_PAIR = re.compile(r"(?P<name>\w+) = (?P<value>.*)")
_NAMES = {"Time": "time", "autoprovision": "autoprovision", "RemotePhoneBook0": "phonebook", "Lang": "lang"}


def read(template: str, body: bytes) -> Pairs:
    """The path says which account it is, counted from 0; the title of a key has its number after `memory1`."""
    pairs: Pairs = []
    title = name = ""
    for line in lines_of(body):
        head, pair = _SECTION.fullmatch(line), _PAIR.fullmatch(line)
        if head:
            title, name = head["title"], ""
        elif pair and pair["name"] == "path" and not name:
            name = _name_of(title, pair["value"])
        elif pair:
            assert name, f"a parameter outside of a section: {line}"
            pairs.append((f"{name}.{pair['name']}", pair["value"]))
        else:
            assert not line or line.startswith("#"), f"neither a parameter nor a comment: {line}"
    assert len(dict(pairs)) == len(pairs), "something stands twice"
    return pairs


def _name_of(title: str, path: str) -> str:
    if title == "account":
        account = re.fullmatch(r"/config/voip/sipAccount(\d+)\.cfg", path)
        assert account
        return f"account{int(account[1]) + 1}"
    key = re.fullmatch(r"memory1(\d+)", title)
    return f"key{key[1]}" if key else _NAMES[title]

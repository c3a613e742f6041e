"""Validation of text input, before it can get into a phone's file.

Each function returns the text, possibly normalized, or raises `ValueError` with a reason for people.
"""

import re
from functools import cache
from importlib.resources import files
from ipaddress import ip_address
from urllib.parse import urlsplit

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LANGUAGE = re.compile(r"([a-z]{2,3})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?", re.IGNORECASE | re.ASCII)
# Not in ISO 3166-1 yet, but XK is used everywhere.
_KOSOVO = "XK"


def check_text(text: str) -> str:
    """A single line without control characters and without leading or trailing blanks."""
    if not text.isprintable():
        bad = next(character for character in text if not character.isprintable())
        raise ValueError(f"holds the character U+{ord(bad):04X}, which cannot be printed and no phone can take")
    if text != text.strip():
        raise ValueError("begins or ends with a blank")
    return text


def check_host(text: str) -> str:
    """A host name (RFC 1123, underscores allowed), an IPv4 address, or an IPv6 address without brackets."""
    if "%" in text:
        # `ip_address` accepts any characters in a zone id.
        raise ValueError("names a network interface, which a phone does not have")
    try:
        ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
            raise ValueError("is neither a host name nor an IP address") from None
    return text


def check_multicast(text: str) -> str:
    """An IPv4 or IPv6 multicast address."""
    try:
        group = "%" not in text and ip_address(text).is_multicast
    except ValueError:
        group = False
    if not group:
        raise ValueError("is not a multicast address (224.0.0.0 to 239.255.255.255, or ff00::/8)")
    return text


def check_host_port(text: str) -> str:
    """`host`, `host:port` or `[IPv6]:port`."""
    host, port = split_host_port(text)
    check_host(host)
    if text.startswith("[") and ":" not in host:
        raise ValueError("has brackets around something else than an IPv6 address")
    if port is not None and not 1 <= port <= 65535:
        raise ValueError("has a port outside 1 to 65535")
    return text


def split_host_port(text: str) -> tuple[str, int | None]:
    """Split `host`, `host:port`, `[IPv6]:port` or a bare IPv6 address."""
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::([0-9]{1,5}))?", text)
    if bracketed:
        return bracketed[1], int(bracketed[2]) if bracketed[2] else None
    host, colon, port = text.partition(":")
    if not colon or ":" in port:
        return text, None
    if not re.fullmatch(r"[0-9]{1,5}", port):
        raise ValueError("has a port that is not a number")
    return host, int(port)


def check_url(text: str) -> str:
    """An absolute URL with a host, in a scheme that phones support."""
    check_text(text)
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    if parts.scheme not in ("http", "https", "tftp", "ftp") or not parts.hostname or not port_is_fine or " " in text:
        raise ValueError("is not an absolute http, https, tftp or ftp URL")
    return text


def check_timezone(text: str) -> str:
    """A name of the IANA time zone database."""
    if text not in timezones():
        raise ValueError("is not an IANA time zone; write it like Europe/Berlin")
    return text


def check_language(text: str) -> str:
    """A BCP 47 tag: language, optional script, optional region. Returned in its usual case."""
    parts = _LANGUAGE.fullmatch(text)
    if not parts:
        raise ValueError("is not a BCP 47 language tag; write it like en, de or fr-CA")
    language, script, region = (part or "" for part in parts.groups())
    return language.lower() + script[:2].upper() + script[2:].lower() + region.upper()


def check_country(text: str) -> str:
    """A two-letter ISO 3166-1 code, returned in upper case."""
    if text.upper() not in countries():
        raise ValueError("is not a country of ISO 3166-1; write it like US or DE")
    return text.upper()


@cache
def timezones() -> frozenset[str]:
    """All names in the packaged time zone database."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split())


@cache
def countries() -> frozenset[str]:
    """All country codes, from the time zone database."""
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if not line.startswith("#")) | {_KOSOVO}

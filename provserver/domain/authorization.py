"""The Authorization header: Basic (RFC 7617) and Digest (RFC 7616, qop=auth), parsed and computed. Pure."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field

ALGORITHMS = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
"""Supported digest algorithms, strongest first. Many phones support only MD5."""

_LONGEST = 2048
_PAIR = re.compile(r'\s*([A-Za-z0-9_*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)')
_ESCAPED = re.compile(r"\\(.)")
_COUNT = re.compile(r"[0-9A-Fa-f]{8}")
_SCHEME_AND_HOST = re.compile(r"https?://[^/]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BasicAnswer:
    """Credentials of a Basic response."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DigestAnswer:
    """A Digest response. `count`: how often the phone has used the nonce (nc)."""

    username: str
    realm: str
    nonce: str
    uri: str
    algorithm: str
    count: int
    cnonce: str
    nc: str
    response: str = field(repr=False)

    def is_for(self, target: str) -> bool:
        """Whether it is for this request target. Some phones send the absolute URL as `uri`."""
        return _SCHEME_AND_HOST.sub("", self.uri, count=1) == target

    def fits(self, method: str, password: str) -> bool:
        """Whether it was computed with `password`; compared in constant time."""
        return hmac.compare_digest(self.response.encode(), self.expected(method, password).encode())

    def expected(self, method: str, password: str) -> str:
        """The `response` value for `password` (RFC 7616, section 3.4.1)."""
        name = self.algorithm
        who = _hash(name, f"{self.username}:{self.realm}:{password}")
        what = _hash(name, f"{method}:{self.uri}")
        return _hash(name, f"{who}:{self.nonce}:{self.nc}:{self.cnonce}:auth:{what}")


def parse_authorization(header: str | None) -> BasicAnswer | DigestAnswer | None:
    """Parse the header; None if it is missing, malformed or of an unsupported kind."""
    if not header or len(header) > _LONGEST:
        return None
    scheme, _, rest = header.strip().partition(" ")
    match scheme.lower():
        case "basic":
            return _basic(rest.strip())
        case "digest":
            return _digest(rest)
        case _:
            return None


def challenge(realm: str, nonce: str, algorithm: str, *, stale: bool) -> str:
    """A WWW-Authenticate header value with a Digest challenge."""
    again = ", stale=true" if stale else ""
    return f'Digest realm="{realm}", qop="auth", algorithm={algorithm}, nonce="{nonce}"{again}'


def _basic(encoded: str) -> BasicAnswer | None:
    try:
        username, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return BasicAnswer(username, password) if colon else None


def _digest(text: str) -> DigestAnswer | None:
    said = _pairs(text)
    if said is None or said.get("qop") != "auth" or "userhash" in said:
        return None
    algorithm = said.get("algorithm", "MD5").upper()
    wanted = ("username", "realm", "nonce", "uri", "response", "nc", "cnonce")
    if algorithm not in ALGORITHMS or any(name not in said for name in wanted) or not _COUNT.fullmatch(said["nc"]):
        return None
    given = {name: said[name] for name in wanted if name != "response"}
    return DigestAnswer(**given, algorithm=algorithm, count=int(said["nc"], 16), response=said["response"].lower())


def _pairs(text: str) -> dict[str, str] | None:
    """Parse `name=value, name="value"`; None if malformed or if a name occurs twice."""
    said: dict[str, str] = {}
    position = 0
    while position < len(text):
        found = _PAIR.match(text, position)
        if not found or found[1].lower() in said:
            return None
        said[found[1].lower()] = _ESCAPED.sub(r"\1", found[2]) if found[2] is not None else found[3]
        position = found.end()
    return said


def _hash(algorithm: str, text: str) -> str:
    return ALGORITHMS[algorithm](text.encode("utf-8", "surrogateescape")).hexdigest()

"""Client side of SIP digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760). Pure; nonces are passed in.

Challenges are parsed here, because the SIP library splits at commas inside quotes (`qop="auth,auth-int"`).
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

_PARAMETER = re.compile(r'\s*([^\s=,]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))\s*(?:,|$)')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """A parsed `WWW-Authenticate` or `Proxy-Authenticate` header. `qop` None: RFC 2069 style."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str | None = None
    opaque: str | None = None
    stale: bool = False
    spelled: str | None = None
    """The algorithm as written in the challenge, to be repeated in the response; None if absent."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password for a realm."""

    username: str
    password: str = field(repr=False)


def read_challenge(value: str) -> Challenge | None:
    """Parse one header value; None if its scheme, algorithm or qop is not supported."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    found = {name.lower(): _unquoted(quoted, bare) for name, quoted, bare in _PARAMETER.findall(rest)}
    spelled = found.get("algorithm")
    algorithm = (spelled or "MD5").upper()
    if "realm" not in found or "nonce" not in found or algorithm.removesuffix("-SESS") not in _HASHES:
        return None
    offered = [word.strip().lower() for word in found.get("qop", "").split(",") if word.strip()]
    qop = next((word for word in ("auth", "auth-int") if word in offered), None)
    if offered and qop is None:
        return None
    stale = found.get("stale", "").lower() == "true"
    return Challenge(found["realm"], found["nonce"], algorithm, qop, found.get("opaque"), stale, spelled)


def first_known(values: Iterable[str]) -> Challenge | None:
    """The first challenge we support. Servers list them in order of preference (RFC 8760, section 2.4)."""
    return next((challenge for challenge in map(read_challenge, values) if challenge), None)


@dataclass(frozen=True, slots=True)
class Signed:
    """The parts of a request covered by the response: method, digest-URI and body."""

    method: str
    uri: str
    body: bytes = b""


def response_of(challenge: Challenge, credentials: Credentials, signed: Signed, nc: str, cnonce: str) -> str:
    """The `response` value in hexadecimal (RFC 7616, section 3.4.1). `nc`: 8 hexadecimal digits."""

    def digest(text: str | bytes) -> str:
        data = text if isinstance(text, bytes) else text.encode()
        return hashlib.new(_HASHES[challenge.algorithm.removesuffix("-SESS")], data, usedforsecurity=False).hexdigest()

    ha1 = digest(f"{credentials.username}:{challenge.realm}:{credentials.password}")
    if challenge.algorithm.endswith("-SESS"):
        ha1 = digest(f"{ha1}:{challenge.nonce}:{cnonce}")
    a2 = f"{signed.method}:{signed.uri}"
    ha2 = digest(f"{a2}:{digest(signed.body)}" if challenge.qop == "auth-int" else a2)
    if challenge.qop is None:
        return digest(f"{ha1}:{challenge.nonce}:{ha2}")
    return digest(f"{ha1}:{challenge.nonce}:{nc}:{cnonce}:{challenge.qop}:{ha2}")


def authorization(challenge: Challenge, credentials: Credentials, signed: Signed, count: int, cnonce: str) -> str:
    """The value of `Authorization` or `Proxy-Authorization`. `count`: uses of this nonce, from 1."""
    nc = f"{count:08x}"
    quoted = {
        "username": credentials.username,
        "realm": challenge.realm,
        "nonce": challenge.nonce,
        "uri": signed.uri,
        "response": response_of(challenge, credentials, signed, nc, cnonce),
    }
    parts = [f"{name}={_quoted(value)}" for name, value in quoted.items()]
    if challenge.spelled:
        parts.append(f"algorithm={challenge.spelled}")
    if challenge.qop:
        parts += [f"qop={challenge.qop}", f"nc={nc}"]
    if challenge.qop or challenge.algorithm.endswith("-SESS"):
        parts.append(f"cnonce={_quoted(cnonce)}")
    if challenge.opaque is not None:
        parts.append(f"opaque={_quoted(challenge.opaque)}")
    return "Digest " + ", ".join(parts)


@dataclass
class Keyring:
    """The challenges received for one line, and the credentials to answer them.

    `keys`: credentials by status code, 407 for the proxy's and 401 for the line's own. Each realm is tried once, and
    once more if the server says that the nonce was stale.
    """

    keys: Mapping[int, Credentials]
    new_cnonce: Callable[[], str]
    _open: dict[tuple[int, str], Challenge] = field(default_factory=dict)
    _uses: dict[tuple[int, str], int] = field(default_factory=dict)

    def take(self, code: int, challenges: Iterable[str]) -> bool:
        """Take the challenges of a 401 or 407. Returns whether another attempt makes sense."""
        challenge = first_known(challenges)
        if challenge is None or code not in self.keys:
            return False
        place = (code, challenge.realm)
        known = self._open.get(place)
        if known and not (challenge.stale and not known.stale):
            return False
        self._open[place], self._uses[place] = replace(challenge, stale=known is not None), 0
        return True

    def answers(self, signed: Signed) -> tuple[tuple[str, str], ...]:
        """The headers of the next attempt, one per challenge received so far."""
        headers = []
        for place, challenge in self._open.items():
            self._uses[place] += 1
            name = "Proxy-Authorization" if place[0] == 407 else "Authorization"
            key = self.keys[place[0]]
            headers.append((name, authorization(challenge, key, signed, self._uses[place], self.new_cnonce())))
        return tuple(headers)


def _unquoted(quoted: str, bare: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted) if quoted else bare


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

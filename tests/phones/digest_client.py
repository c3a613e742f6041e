"""The phone's half of digest authentication (RFC 7616), written from the RFC and not from the server."""

import base64
import re
from hashlib import md5, sha256
from typing import Any

HASHES: dict[str, Any] = {"SHA-256": sha256, "MD5": md5}
CNONCE = "0a4f113b"


def challenges(headers: Any) -> dict[str, dict[str, str]]:
    """What a 401 offers: scheme, or algorithm of a digest, with its parameters."""
    offered = {}
    for value in headers.getall("WWW-Authenticate", []):
        scheme, _, rest = value.partition(" ")
        said = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', rest)}
        offered[said.get("algorithm", scheme)] = said
    return offered


def answer(
    offered: dict[str, str], username: str, password: str, uri: str, *, count: int = 1, method: str = "GET"
) -> str:
    """An Authorization header."""

    def hashed(text: str) -> str:
        return str(HASHES[offered["algorithm"]](text.encode()).hexdigest())

    who = hashed(f"{username}:{offered['realm']}:{password}")
    counted = f"{count:08x}"
    response = hashed(f"{who}:{offered['nonce']}:{counted}:{CNONCE}:auth:{hashed(f'{method}:{uri}')}")
    return (
        f'Digest username="{username}", realm="{offered["realm"]}", nonce="{offered["nonce"]}", uri="{uri}", '
        f'algorithm={offered["algorithm"]}, response="{response}", qop=auth, nc={counted}, cnonce="{CNONCE}"'
    )


def basic(username: str, password: str) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()

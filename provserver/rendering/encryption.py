"""Files that only a phone with the key can read, in the formats that vendors' phones decrypt. Pure and byte-stable.

- `aes_ecb`: AES in ECB mode, the key's characters as they are; what vendors' own tools make. Equal blocks of 16 bytes
  look equal, so it hides values, not where they repeat.
- `openssl_md5`, `openssl_sha256`: what `openssl enc -aes-256-cbc -salt -md …` makes of a password.

None of them keeps a file from being changed on its way; that is for TLS. The salt comes from key and content, so that
the same file stays the same bytes, and no two files share one.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from provserver.domain.file_rules import FileRule
from provserver.rendering.renderer import Document, entity_tag

_BLOCK = 16


def encrypted(document: Document, rule: FileRule, key: str | None) -> Document:
    """The document as it goes out: encrypted where its rule says how and the device has a key."""
    if rule.encryption is None or key is None:
        return document
    body = _SCHEMES[rule.encryption](key.encode(), document.body)
    return replace(document, body=body, content_type="application/octet-stream", etag=entity_tag(body))


def _aes_ecb(key: bytes, plain: bytes) -> bytes:
    """Filled up with line ends, which a phone reads over."""
    filled = plain + b"\n" * (-len(plain) % _BLOCK)
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - what these phones can decrypt
    return encryptor.update(filled) + encryptor.finalize()


def _openssl(digest: str) -> Callable[[bytes, bytes], bytes]:
    def encrypt(password: bytes, plain: bytes) -> bytes:
        salt = hmac.digest(password, plain, "sha256")[:8]
        key, start = _derived(password, salt, digest)
        padder = PKCS7(_BLOCK * 8).padder()
        encryptor = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
        return b"Salted__" + salt + encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()

    return encrypt


def _derived(password: bytes, salt: bytes, digest: str) -> tuple[bytes, bytes]:
    """Key and first block as OpenSSL's EVP_BytesToKey makes them, with one round."""
    made = block = b""
    while len(made) < 32 + _BLOCK:
        block = hashlib.new(digest, block + password + salt, usedforsecurity=False).digest()
        made += block
    return made[:32], made[32 : 32 + _BLOCK]


_SCHEMES: dict[str, Callable[[bytes, bytes], bytes]] = {
    "aes_ecb": _aes_ecb,
    "openssl_md5": _openssl("md5"),
    "openssl_sha256": _openssl("sha256"),
}

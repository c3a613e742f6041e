"""Encrypts files in the formats that vendors' phones can decrypt. Pure and deterministic.

- `aes_ecb`: AES in ECB mode with the key's characters, as the vendors' tools do. Equal 16-byte blocks stay
  recognisable.
- `openssl_md5`, `openssl_sha256`: as `openssl enc -aes-256-cbc -salt -md …` with a password.

None of them protects integrity; TLS does. The salt is derived from key and content, so that the same file always gives
the same bytes, and different files have different salts.
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
    """The document encrypted, if its rule specifies a format and the device has a key."""
    if rule.encryption is None or key is None:
        return document
    body = _SCHEMES[rule.encryption](key.encode(), document.body)
    return replace(document, body=body, content_type="application/octet-stream", etag=entity_tag(body))


def _aes_ecb(key: bytes, plain: bytes) -> bytes:
    """Padded with newlines, which phones ignore."""
    filled = plain + b"\n" * (-len(plain) % _BLOCK)
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - the only mode these phones support
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
    """Key and IV as derived by OpenSSL's EVP_BytesToKey with one iteration."""
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

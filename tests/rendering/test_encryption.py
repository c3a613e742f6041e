"""Encrypted files are what the real `openssl` makes and opens; a phone knows no other program."""

import subprocess
from dataclasses import replace

import pytest

from provserver.domain.file_rules import FileRule
from provserver.rendering.encryption import encrypted
from provserver.rendering.renderer import Document

KEY = "q7Rk20VbXz91LmPa"
DOCUMENT = Document("account.1.password = p\u00e4ss\n".encode() * 40, "text/plain; charset=utf-8", '"plain"')


def rule(scheme: str | None) -> FileRule:
    return FileRule(id="config", pattern="x", scope="device", encryption=scheme)


def openssl(*arguments: str, given: bytes) -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def test_aes_ecb_is_what_openssl_makes_of_the_whole_blocks() -> None:
    made = encrypted(DOCUMENT, rule("aes_ecb"), KEY).body
    filled = DOCUMENT.body + b"\n" * (-len(DOCUMENT.body) % 16)
    assert made == openssl("enc", "-aes-128-ecb", "-nopad", "-K", KEY.encode().hex(), given=filled)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17])
def test_aes_ecb_adds_nothing_but_line_ends(size: int) -> None:
    document = replace(DOCUMENT, body=b"x" * size)
    made = encrypted(document, rule("aes_ecb"), KEY).body
    opened = openssl("enc", "-d", "-aes-128-ecb", "-nopad", "-K", KEY.encode().hex(), given=made)
    assert opened.rstrip(b"\n") == document.body
    assert len(opened) - size < 16


@pytest.mark.parametrize("digest", ["md5", "sha256"])
def test_openssl_opens_what_is_made_for_a_password(digest: str) -> None:
    made = encrypted(DOCUMENT, rule(f"openssl_{digest}"), KEY).body
    opened = openssl("enc", "-d", "-aes-256-cbc", "-md", digest, "-k", KEY, given=made)
    assert opened == DOCUMENT.body


@pytest.mark.parametrize("digest", ["md5", "sha256"])
def test_with_the_same_salt_openssl_makes_the_same(digest: str) -> None:
    made = encrypted(DOCUMENT, rule(f"openssl_{digest}"), KEY).body
    salt = made[8:16].hex()
    theirs = openssl("enc", "-aes-256-cbc", "-md", digest, "-k", KEY, "-S", salt, given=DOCUMENT.body)
    assert made[16:] == theirs.removeprefix(b"Salted__" + made[8:16])


@pytest.mark.parametrize("scheme", ["aes_ecb", "openssl_md5", "openssl_sha256"])
def test_the_same_file_stays_the_same_and_another_key_makes_another(scheme: str) -> None:
    """Else a phone would never hear that nothing has changed, or never that something has."""
    first, again = (encrypted(DOCUMENT, rule(scheme), KEY) for _ in range(2))
    other = encrypted(DOCUMENT, rule(scheme), "anotherKey0of16c")
    assert first == again
    assert first.etag not in (DOCUMENT.etag, other.etag)
    assert first.body != other.body
    assert b"password" not in first.body


def test_two_files_never_share_a_salt() -> None:
    one = encrypted(DOCUMENT, rule("openssl_md5"), KEY).body
    two = encrypted(replace(DOCUMENT, body=DOCUMENT.body + b"x"), rule("openssl_md5"), KEY).body
    assert one[:16] != two[:16]


def test_without_a_key_or_a_scheme_nothing_is_encrypted() -> None:
    assert encrypted(DOCUMENT, rule("aes_ecb"), None) is DOCUMENT
    assert encrypted(DOCUMENT, rule(None), KEY) is DOCUMENT

"""Secrets that are made here."""

import re
import string

from provserver.services.credentials import new_api_key, new_password, new_username
from provserver.services.sources import Sources


def test_passwords_survive_any_file_and_any_eye() -> None:
    """Long, and without characters that are special anywhere or look like others."""
    made = {new_password(Sources()) for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert len(password) >= 20
        assert set(password) <= set(string.ascii_letters + string.digits) - set("0O1lI")


def test_names_and_keys() -> None:
    assert re.fullmatch(r"u[2-9a-z]{11}", new_username(Sources()))
    assert re.fullmatch(r"sk_live_\w{40}", new_api_key(Sources()))


def test_same_entropy_same_secret() -> None:
    """Randomness is an argument, so that tests and only tests can foresee it."""
    fixed = Sources(entropy=lambda size: bytes(range(size % 256)) + bytes(size - size % 256))
    assert new_password(fixed) == new_password(fixed)

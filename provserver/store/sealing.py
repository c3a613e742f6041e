"""Encryption of secrets in the database, with keys from a file outside of it."""

import hmac
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from provserver.domain.errors import BadConfiguration
from provserver.store.keyfile import fingerprint, read_keys

_log = structlog.get_logger("store")


class Sealer:
    """Encrypts with the first key, decrypts with any.

    If created by `from_key_file`, it reloads the file when it changes, so that keys can be rotated while servers run.
    If the file is missing or invalid, the current keys stay in use.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: Fernet keys; the first one encrypts."""
        self._path: Path | None = None
        self._seen: tuple[int, ...] = ()
        self._reading = threading.Lock()
        self._use(keys)

    @classmethod
    def from_key_file(cls, path: Path) -> Self:
        """Read the keys of `path`. Raises `BadConfiguration` if it is missing, empty, invalid or readable by others."""
        seen = fingerprint(path)
        sealer = cls(read_keys(path))
        sealer._path, sealer._seen = path, seen
        return sealer

    def seal(self, text: str) -> str:
        """Encrypt and sign `text`. The result is ASCII and different each time."""
        self._follow_file()
        return self._all.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt. Raises `BadConfiguration` if no key fits."""
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return self._open_with_new_keys(sealed)

    def seal_json(self, value: Any) -> str:
        """Encrypt a JSON value."""
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def open_json(self, sealed: str) -> Any:
        """Decrypt a JSON value."""
        return json.loads(self.open(sealed))

    def is_current(self, sealed: str) -> bool:
        """Whether it is encrypted with the first key."""
        self._follow_file()
        try:
            self._first.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: str) -> str:
        """Re-encrypt with the first key."""
        return self.seal(self.open(sealed))

    def derived_key(self, purpose: str) -> bytes:
        """A key derived for `purpose`, equal in all processes with the same first key."""
        return hmac.digest(self._root, purpose.encode(), "sha256")

    def _use(self, keys: Sequence[str]) -> None:
        fernets = [Fernet(key) for key in keys]
        self._root = keys[0].encode()
        self._first, self._all = fernets[0], MultiFernet(fernets)

    def _follow_file(self) -> bool:
        """Reload the key file if it has changed; returns whether new keys were loaded."""
        if self._path is None:
            return False
        with self._reading:
            seen = fingerprint(self._path)
            if seen in ((), self._seen):  # a missing file: keep the current keys
                return False
            self._seen = seen
            try:
                self._use(read_keys(self._path))
            except BadConfiguration as error:
                _log.error("key_file_not_read", error=error.message, remedy="the keys read before are still used")
                return False
            return True

    def _open_with_new_keys(self, sealed: str) -> str:
        if self._follow_file():
            try:
                return self._all.decrypt(sealed.encode()).decode()
            except InvalidToken:
                pass
        raise BadConfiguration("a stored secret was sealed with a key that is not in the key file; put the key back")

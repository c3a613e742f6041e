"""Secrets at rest: everything secret is sealed with a key that lives in a file beside the database, not in it."""

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
    """Seals with its first key, opens with any of them.

    One made by `from_key_file` follows its file: a key that another process adds is used from the next sealing on, so
    keys are rotated while servers run. While the file is gone or broken it goes on with the keys it has.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys, the one that seals first."""
        self._path: Path | None = None
        self._seen: tuple[int, ...] = ()
        self._reading = threading.Lock()
        self._use(keys)

    @classmethod
    def from_key_file(cls, path: Path) -> Self:
        """Read the keys of `path`. Raises `BadConfiguration` where it is missing, empty, broken or open to others."""
        seen = fingerprint(path)
        sealer = cls(read_keys(path))
        sealer._path, sealer._seen = path, seen
        return sealer

    def seal(self, text: str) -> str:
        """Encrypt and sign `text`; the answer is ASCII and differs every time."""
        self._follow_file()
        return self._all.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """What `seal` was given. Raises `BadConfiguration` where no key fits."""
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return self._open_with_new_keys(sealed)

    def seal_json(self, value: Any) -> str:
        """Seal a JSON value."""
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def open_json(self, sealed: str) -> Any:
        """The value that `seal_json` was given."""
        return json.loads(self.open(sealed))

    def is_current(self, sealed: str) -> bool:
        """Whether the first key opens it, so that it outlives the others."""
        self._follow_file()
        try:
            self._first.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: str) -> str:
        """The same secret under the first key."""
        return self.seal(self.open(sealed))

    def derived_key(self, purpose: str) -> bytes:
        """A key for signing what needs no storage; the same in every process that has the same first key."""
        return hmac.digest(self._root, purpose.encode(), "sha256")

    def _use(self, keys: Sequence[str]) -> None:
        fernets = [Fernet(key) for key in keys]
        self._root = keys[0].encode()
        self._first, self._all = fernets[0], MultiFernet(fernets)

    def _follow_file(self) -> bool:
        """Whether the key file has changed and was read again."""
        if self._path is None:
            return False
        with self._reading:
            seen = fingerprint(self._path)
            if seen in ((), self._seen):  # a file that is gone leaves us with what we know
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

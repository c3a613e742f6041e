"""Stateless nonces: time, random bytes, and an HMAC that also covers the client's address. Pure.

All processes with the same key file accept each other's nonces. Only reuse is tracked, per process (`SeenNonces`).
"""

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from datetime import UTC, datetime, timedelta

LIFETIME = timedelta(seconds=60)
"""How long a nonce is valid. Later, the phone is challenged again with `stale=true` and retries by itself."""

_CLOCKS_APART = timedelta(seconds=30)  # maximum clock difference between servers
_STAMP, _RANDOM, _MAC = 8, 6, 16
_MOST = 100_000


def make_nonce(key: bytes, at: datetime, source: str, random: bytes) -> str:
    """A nonce for the client at `source`; `random` is six bytes."""
    body = int(at.timestamp() * 1000).to_bytes(_STAMP, "big") + random
    return base64.urlsafe_b64encode(body + _sign(key, body, source)).decode()


def nonce_time(key: bytes, nonce: str, source: str) -> datetime | None:
    """When a nonce was made; None if it is not ours or was issued to another address."""
    try:
        raw = base64.b64decode(nonce, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, signature = raw[: _STAMP + _RANDOM], raw[_STAMP + _RANDOM :]
    if len(body) != _STAMP + _RANDOM or not hmac.compare_digest(signature, _sign(key, body, source)):
        return None
    return datetime.fromtimestamp(int.from_bytes(body[:_STAMP], "big") / 1000, UTC)


def is_young(made: datetime, now: datetime) -> bool:
    """Whether a nonce made at that time is still valid."""
    return -_CLOCKS_APART <= now - made <= LIFETIME


class SeenNonces:
    """Tracks nonce use, so that no digest response is accepted twice by this process.

    Bounded: if there are too many, the oldest are evicted, and any nonce as old as those counts as used. The same
    happens after the clock is set back. The phone is then challenged again.
    """

    def __init__(self, limit: int = _MOST) -> None:
        self._limit = limit
        self._counts: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
        self._forgotten: datetime | None = None

    def use(self, nonce: str, made: datetime, count: int, now: datetime) -> bool:
        """Use a nonce for the `count`-th time; False if it was used so often before."""
        self._forget(now)
        _, last = self._counts.get(nonce, (made, 0))
        if count <= last or (self._forgotten is not None and made <= self._forgotten):
            return False
        self._counts[nonce] = (made, count)
        if len(self._counts) > self._limit:
            self._forget_oldest()
        return True

    def _forget(self, now: datetime) -> None:
        while self._counts:
            made, _ = next(iter(self._counts.values()))
            if is_young(made, now):
                break
            self._forget_oldest()
        if self._forgotten is not None and self._forgotten > now + _CLOCKS_APART:
            self._forgotten = now

    def _forget_oldest(self) -> None:
        _, (made, _) = self._counts.popitem(last=False)
        self._forgotten = max(made, self._forgotten or made)


def _sign(key: bytes, body: bytes, source: str) -> bytes:
    return hmac.digest(key, body + source.encode(), hashlib.sha256)[:_MAC]

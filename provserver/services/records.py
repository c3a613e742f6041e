"""Finds the device that a request is about: from memory while what is remembered still stands, else by a short read."""

from collections import OrderedDict

from provserver.domain.mac import Mac
from provserver.domain.proofs import Secret
from provserver.store.database import Database
from provserver.store.fetches import Found, find, hash_token
from provserver.store.standing import Remembered, watch_of

_OVERHEAD = 4_000  # what a record costs beside its layers, in bytes, generously
_OWN = (None, Secret.CURRENT, Secret.PREVIOUS)  # what a token may be to a device that is remembered with it

_Key = tuple[str | None, str | None]


class Records:
    """Remembers whom phones asked for, within a bound of bytes; the longest unused goes first.

    Nobody is ever served from before a write that was answered: each time the database is asked whether the record
    still stands. Strangers, and tokens that prove nothing, are not remembered.
    """

    def __init__(self, database: Database, limit_bytes: int) -> None:
        self._database = database
        self._watch = watch_of(database)
        self._limit = limit_bytes
        self._used = 0
        self._known: OrderedDict[_Key, tuple[Remembered, Secret | None]] = OrderedDict()

    async def find(self, mac: Mac | None, token: str | None) -> Found:
        """The device with this MAC, else the one whose token it is. Raises `StoreUnavailable`."""
        key = _key(mac, token)
        known = self._known.get(key)
        if known:
            remembered, secret = known
            if await self._watch.stands(remembered):
                if key in self._known:  # another request may have found otherwise meanwhile
                    self._known.move_to_end(key)
                return Found(remembered.record, secret)
            self._forget(key)
        async with self._database.read() as conn:
            found = await find(conn, mac, token)
        if found.record and found.token in _OWN:
            self._remember(key, Remembered.of(found.record), found.token)
        return found

    def remembered(self, mac: Mac | None, token: str | None) -> Remembered | None:
        """What `find` would look at first."""
        known = self._known.get(_key(mac, token))
        return known[0] if known else None

    async def still_stands(self, remembered: Remembered) -> bool:
        """Whether no write that was finished when this was called has changed it; False also where in doubt."""
        return await self._watch.stands(remembered)

    async def close(self) -> None:
        """Let go of the database."""
        await self._watch.close()

    def _remember(self, key: _Key, remembered: Remembered, secret: Secret | None) -> None:
        self._forget(key)
        self._known[key] = remembered, secret
        self._used += _size(remembered)
        while self._used > self._limit:
            self._forget(next(iter(self._known)))

    def _forget(self, key: _Key) -> None:
        if known := self._known.pop(key, None):
            self._used -= _size(known[0])


def _key(mac: Mac | None, token: str | None) -> _Key:
    return mac.bare if mac else None, hash_token(token) if token else None


def _size(remembered: Remembered) -> int:
    return _OVERHEAD + sum(len(sealed) for sealed in remembered.record.sealed_layers if sealed)

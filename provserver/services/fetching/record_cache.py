"""Finds the device that a request is about: from memory while what is remembered still stands, else by a short read."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from provserver.domain.errors import StoreUnavailable
from provserver.domain.mac import Mac
from provserver.domain.proofs import Secret
from provserver.services.periodic import PeriodicTask
from provserver.store.database import Database
from provserver.store.fetches import FetchRecord, Found, find, find_all, hash_token
from provserver.store.revalidation import PATIENCE, CachedRecord, revalidator_of

CONFIRM_EVERY = 60.0  # seconds
_AT_ONCE = 50  # records; other phones are served between two turns
_OVERHEAD = 4_000  # what a record costs beside its layers, in bytes, generously
_OWN = (None, Secret.CURRENT, Secret.PREVIOUS)  # what a token may be to a device that is remembered with it

_Key = tuple[str | None, str | None]


class RecordCache:
    """Remembers whom phones asked for, within a bound of bytes; the longest unused goes first.

    Nobody is ever served from before a write that was answered: each time the database is asked whether the record
    still stands. Strangers, and tokens that prove nothing, are not remembered.

    While the database is away, a record survives for `survival` seconds since it was last known to stand. All are asked
    about every minute, so that whoever is deleted or loses a secret does not come back with an outage much later.
    """

    def __init__(
        self,
        database: Database,
        limit_bytes: int,
        *,
        survival: float = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._revalidator = revalidator_of(database)
        self._limit = limit_bytes
        self._survival = survival
        self._clock = clock
        self._used = 0
        self._known: OrderedDict[_Key, tuple[CachedRecord, Secret | None]] = OrderedDict()
        self._task = PeriodicTask("read the remembered records again", self.confirm, CONFIRM_EVERY)

    def start(self) -> None:
        """Begin to ask about all of them now and then."""
        if self._survival:
            self._task.start()

    async def find(self, mac: Mac | None, token: str | None) -> Found:
        """The device with this MAC, else the one whose token it is. Raises `StoreUnavailable`."""
        key, asked_at = _key(mac, token), self._clock()
        changed = key in self._known
        if found := await self._from_memory(key):
            return found
        try:
            found = await self._read(mac, token, changed=changed)
        except StoreUnavailable:
            if survivor := self._survivor(key):
                return survivor
            raise
        if found.record and found.token in _OWN:
            self._remember(key, CachedRecord.of(found.record), found.token, asked_at)
        return found

    def remembered(self, mac: Mac | None, token: str | None) -> CachedRecord | None:
        """What `find` would look at first."""
        known = self._known.get(_key(mac, token))
        return known[0] if known else None

    async def still_stands(self, remembered: CachedRecord) -> bool:
        """Whether no write that was finished when this was called has changed it; False also where in doubt."""
        asked_at = self._clock()
        try:
            stands = await self._revalidator.stands(remembered)
        except StoreUnavailable:
            return False
        if stands:
            remembered.confirmed_at = asked_at
        return stands

    def tell(self, remembered: CachedRecord, then: Callable[[bool], None]) -> None:
        """Call `then` with that, now or once a server has told."""
        asked_at = self._clock()

        def told(stands: bool) -> None:
            if stands:
                remembered.confirmed_at = asked_at
            then(stands)

        self._revalidator.tell(remembered, told)

    async def confirm(self) -> None:
        """Read again what is remembered, and forget who is gone. Raises `StoreUnavailable`."""
        keys = list(self._known)
        for start in range(0, len(keys), _AT_ONCE):
            some = {key: self._known[key] for key in keys[start : start + _AT_ONCE] if key in self._known}
            asked_at = self._clock()
            ids = {remembered.record.device.id for remembered, _ in some.values()}
            records = await self._database.look(partial(find_all, device_ids=ids))
            for key, known in some.items():
                if self._known.get(key) is known:  # no fetch has found something newer meanwhile
                    self._confirm(key, known[0], records.get(known[0].record.device.id), asked_at)

    async def close(self) -> None:
        """Let go of the database."""
        await self._task.stop()
        await self._revalidator.close()

    async def _from_memory(self, key: _Key) -> Found | None:
        known = self._known.get(key)
        if known is None:
            return None
        remembered, secret = known
        with suppress(StoreUnavailable):  # the next connection may be better than the watch's own
            asked_at = self._clock()
            stands = await self._revalidator.stands(remembered)
            if self._known.get(key) is not known:  # another request has found otherwise meanwhile
                return Found(remembered.record, secret) if stands else None
            if stands:
                remembered.confirmed_at = asked_at
                self._known.move_to_end(key)
                return Found(remembered.record, secret)
            self._forget(key)
        return None

    async def _read(self, mac: Mac | None, token: str | None, *, changed: bool) -> Found:
        """`changed`: whether it was just found that the record does not stand any more."""
        if self._database.embedded:
            look = self._database.look_again if changed else self._database.look
            return await look(partial(find, mac=mac, token=token))
        try:
            async with asyncio.timeout(PATIENCE):
                try:
                    return await self._read_once(mac, token)
                except StoreUnavailable:  # cut off: that says nothing of the next connection
                    return await self._read_once(mac, token)
        except TimeoutError:
            self._database.breaker.failed()
            raise StoreUnavailable("the database does not answer in time") from None

    async def _read_once(self, mac: Mac | None, token: str | None) -> Found:
        return await self._database.look(partial(find, mac=mac, token=token))

    def _survivor(self, key: _Key) -> Found | None:
        """What was known to stand a short while ago, as far as anybody can tell now."""
        known = self._known.get(key)
        if known is None:
            return None
        remembered, secret = known
        age = self._clock() - remembered.confirmed_at
        return Found(remembered.record, secret, stale_for=age) if age <= self._survival else None

    def _confirm(self, key: _Key, remembered: CachedRecord, record: FetchRecord | None, asked_at: float) -> None:
        mac, shown = key
        secret = record.known_secret(shown) if record and shown else None
        if record is None or secret not in _OWN or (mac and mac != _bare(record.device.mac)):
            self._forget(key)
        elif CachedRecord.of(record).standing == remembered.standing:
            remembered.confirmed_at = asked_at
        else:
            self._remember(key, CachedRecord.of(record), secret, asked_at)

    def _remember(self, key: _Key, remembered: CachedRecord, secret: Secret | None, asked_at: float) -> None:
        remembered.confirmed_at = asked_at
        self._forget(key)
        self._known[key] = remembered, secret
        self._used += _size(remembered)
        while self._used > self._limit:
            self._forget(next(iter(self._known)))

    def _forget(self, key: _Key) -> None:
        if known := self._known.pop(key, None):
            self._used -= _size(known[0])


def _key(mac: Mac | None, token: str | None) -> _Key:
    return _bare(mac), hash_token(token) if token else None


def _bare(mac: Mac | None) -> str | None:
    return mac.bare if mac else None


def _size(remembered: CachedRecord) -> int:
    return _OVERHEAD + sum(len(sealed) for sealed in remembered.record.sealed_layers if sealed)

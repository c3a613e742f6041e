"""Cache of device records. Each hit is revalidated against the database; a miss is one short read."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from provserver.domain.errors import StoreUnavailable
from provserver.domain.mac import Mac
from provserver.domain.proofs import Secret
from provserver.services.periodic import PeriodicTask
from provserver.store.database import Database
from provserver.store.fetches import FetchRecord, Found, find, find_all, hash_token
from provserver.store.revalidation import PATIENCE, Standing, revalidator_of

CONFIRM_EVERY = 60.0  # seconds
_AT_ONCE = 50  # records per read, so that the event loop is not blocked for long
_OVERHEAD = 2_600  # bytes per record besides its layers, measured
_OWN = (None, Secret.CURRENT, Secret.PREVIOUS)  # states of a token with which a record is cached

_Key = tuple[str | None, str | None]


class _Known(NamedTuple):
    record: FetchRecord
    standing: Standing
    secret: Secret | None


class RecordCache:
    """LRU cache of device records, bounded in bytes, with strict freshness.

    A record is never served from before a completed write, because each hit asks the database whether the record is
    unchanged. Unknown devices and invalid tokens are not cached.

    While the database is unreachable, a record may still be used for `survival` seconds after it was last confirmed.
    All records are reconfirmed every minute, so that a deleted device or a revoked secret is not accepted again during
    a later outage.
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
        self._known: OrderedDict[_Key, _Known] = OrderedDict()
        self._task = PeriodicTask("read the remembered records again", self.confirm, CONFIRM_EVERY)

    def start(self) -> None:
        """Start the periodic confirmation."""
        if self._survival:
            self._task.start()

    async def find(self, mac: Mac | None, token: str | None) -> Found:
        """Find the device by MAC, else by token. Raises `StoreUnavailable`."""
        key, asked_at = _key(mac, token), self._clock()
        if found := await self._from_memory(key):
            return found
        try:
            found = await self._read(mac, token)
        except StoreUnavailable:
            if survivor := self._survivor(key):
                return survivor
            raise
        if found.record and found.token in _OWN:
            self._remember(key, found.record, found.token, asked_at)
        return found

    def standing_of(self, record: FetchRecord, mac: Mac | None, token: str | None) -> Standing | None:
        """The standing of a record that was found by these, if it is cached."""
        known = self._known.get(_key(mac, token))
        return known.standing if known and known.record is record else None

    def changed(self, mac: Mac | None, token: str | None, before: FetchRecord, after: FetchRecord) -> None:
        """Replace a cached record after a write by this process."""
        key = _key(mac, token)
        known = self._known.get(key)
        if known and known.record is before:
            self._remember(key, after, known.secret, self._clock())

    async def still_stands(self, remembered: Standing) -> bool:
        """Whether the record is unchanged by any write completed before this call.

        False also if the database is unreachable.
        """
        asked_at = self._clock()
        try:
            stands = await self._revalidator.stands(remembered)
        except StoreUnavailable:
            return False
        if stands:
            remembered.confirmed_at = asked_at
        return stands

    def tell(self, remembered: Standing, then: Callable[[bool], None]) -> None:
        """Like `still_stands`, but calls `then` with the result, possibly right away."""
        asked_at = self._clock()

        def told(stands: bool) -> None:
            if stands:
                remembered.confirmed_at = asked_at
            then(stands)

        self._revalidator.tell(remembered, told)

    async def confirm(self) -> None:
        """Reread all cached records and evict those that are gone. Raises `StoreUnavailable`."""
        keys = list(self._known)
        for start in range(0, len(keys), _AT_ONCE):
            some = {key: self._known[key] for key in keys[start : start + _AT_ONCE] if key in self._known}
            asked_at = self._clock()
            ids = {known.record.device.id for known in some.values()}
            records = await self._database.look(partial(find_all, device_ids=ids))
            for key, known in some.items():
                if self._known.get(key) is known:  # unless a request has replaced it meanwhile
                    self._confirm(key, known.standing, records.get(known.record.device.id), asked_at)

    async def close(self) -> None:
        """Close the database connection."""
        await self._task.stop()
        await self._revalidator.close()

    async def _from_memory(self, key: _Key) -> Found | None:
        known = self._known.get(key)
        if known is None:
            return None
        found = Found(known.record, known.secret)
        with suppress(StoreUnavailable):  # an outage of the revalidation connection alone; the read below tries another
            asked_at = self._clock()
            stands = await self._revalidator.stands(known.standing)
            if self._known.get(key) is not known:  # replaced by another request meanwhile
                return found if stands else None
            if stands:
                known.standing.confirmed_at = asked_at
                self._known.move_to_end(key)
                return found
            self._forget(key)
        return None

    async def _read(self, mac: Mac | None, token: str | None) -> Found:
        """Read from the database."""
        if self._database.embedded:
            return await self._database.look_up(partial(find, mac=mac, token=token))
        try:
            async with asyncio.timeout(PATIENCE):
                try:
                    return await self._read_once(mac, token)
                except StoreUnavailable:  # the connection was cut; retry once on another
                    return await self._read_once(mac, token)
        except TimeoutError:
            self._database.breaker.failed()
            raise StoreUnavailable(f"the database {self._database.name} does not answer in time") from None

    async def _read_once(self, mac: Mac | None, token: str | None) -> Found:
        return await self._database.look(partial(find, mac=mac, token=token))

    def _survivor(self, key: _Key) -> Found | None:
        """The cached record for use during an outage, if it was confirmed within `survival` seconds."""
        known = self._known.get(key)
        if known is None:
            return None
        age = self._clock() - known.standing.confirmed_at
        return Found(known.record, known.secret, stale_for=age) if age <= self._survival else None

    def _confirm(self, key: _Key, standing: Standing, record: FetchRecord | None, asked_at: float) -> None:
        mac, shown = key
        secret = record.known_secret(shown) if record and shown else None
        if record is None or secret not in _OWN or (mac and mac != _bare(record.device.mac)):
            self._forget(key)
        elif Standing.of(record).row == standing.row:
            standing.confirmed_at = asked_at
        else:
            self._remember(key, record, secret, asked_at)

    def _remember(self, key: _Key, record: FetchRecord, secret: Secret | None, asked_at: float) -> None:
        standing = Standing.of(record)
        standing.confirmed_at = asked_at
        self._forget(key)
        self._known[key] = _Known(record, standing, secret)
        self._used += _size(record)
        while self._used > self._limit:
            self._forget(next(iter(self._known)))

    def _forget(self, key: _Key) -> None:
        if known := self._known.pop(key, None):
            self._used -= _size(known.record)


def _key(mac: Mac | None, token: str | None) -> _Key:
    return _bare(mac), hash_token(token) if token else None


def _bare(mac: Mac | None) -> str | None:
    return mac.bare if mac else None


def _size(record: FetchRecord) -> int:
    return _OVERHEAD + sum(len(sealed) for sealed in record.sealed_layers if sealed)

"""Unknown MACs that asked for files: counted in memory, written periodically, bounded; listing and removal."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from provserver.domain.device import UnknownDevice
from provserver.domain.errors import NotFound, StoreUnavailable
from provserver.domain.mac import Mac
from provserver.services import audit
from provserver.services.change import Change
from provserver.services.paging import Page, PageRequest
from provserver.services.periodic import PeriodicTask
from provserver.store import unknown_devices
from provserver.store.database import Connection, Database

_INTERVAL = 1.0
_MOST_WAITING = 1_000

_log = structlog.get_logger("phones")


class UnknownDevices:
    """Collects sightings. A flood of invented MACs costs bounded memory and one small write a second.

    What cannot be written is kept until the database is back. `on_shed` is called for each sighting that is dropped.
    """

    def __init__(self, database: Database, limit: int, on_shed: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._limit = limit
        self._on_shed = on_shed
        self._waiting: dict[Mac, UnknownDevice] = {}
        self._writing = asyncio.Lock()
        self._task = PeriodicTask("write the unknown devices", self.flush, _INTERVAL)

    def start(self) -> None:
        """Start writing periodically."""
        self._task.start()

    async def stop(self) -> None:
        """Write what is left, then stop."""
        await self._task.stop()
        try:
            await self.flush()
        except StoreUnavailable as error:
            _log.error("unknown_devices_not_written", count=len(self._waiting), reason=error.message)

    def saw(self, sighting: UnknownDevice) -> None:
        """Count one request. New MACs past the bound are dropped until the next write."""
        before = self._waiting.get(sighting.mac)
        if before:
            self._waiting[sighting.mac] = replace(
                sighting, first_seen_at=before.first_seen_at, count=before.count + sighting.count
            )
        elif len(self._waiting) < min(_MOST_WAITING, self._limit):
            self._waiting[sighting.mac] = sighting
        else:
            self._on_shed()

    async def flush(self) -> None:
        """Write all collected sightings. Raises `StoreUnavailable`."""
        async with self._writing:
            sightings, self._waiting = list(self._waiting.values()), {}
            if not sightings:
                return
            try:
                await self._database.add(lambda conn: unknown_devices.record_unknown(conn, sightings, self._limit))
            except StoreUnavailable:
                later, self._waiting = self._waiting, {}
                for sighting in (*sightings, *later.values()):
                    self.saw(sighting)
                raise


async def list_unknown(conn: Connection, request: PageRequest) -> Page[UnknownDevice]:
    """A page of unknown devices, most recently seen first."""
    return await unknown_devices.list_unknown(conn, request)


async def forget(change: Change, mac: Mac) -> None:
    """Remove a MAC from the list. Raises `NotFound`."""
    if not await unknown_devices.forget_unknown(change.conn, mac):
        raise NotFound("no unknown device with this MAC has made a request")
    await audit.record(change, "unknown_device.forgotten", str(mac), account_id=None)

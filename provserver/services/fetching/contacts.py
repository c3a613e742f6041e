"""Group commit of contacts: many phone fetches are written in one transaction.

A contact that changes a device (first fetch, new model, provisioning window) is durable before its phone is answered;
all such contacts that are waiting share one transaction. All others are written within `LINGER` seconds, or when the
database is back, in order of arrival. Their queue is bounded: past the bound they are shed and counted. They never
delay a contact whose phone is waiting.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from math import inf
from typing import TypeVar

import structlog

from provserver.domain.device import Event
from provserver.domain.errors import StoreUnavailable
from provserver.domain.ids import new_id
from provserver.services.periodic import PeriodicTask
from provserver.services.sources import Sources
from provserver.store.contacts import Contact, which_are_outrun, write_contacts
from provserver.store.database import Connection, Database
from provserver.store.events import insert_events
from provserver.store.late_events import note_late
from provserver.store.repeat_contacts import RepeatContact
from provserver.store.spool import Left, Spool

LINGER = 0.5
LONGEST_QUEUE = 20_000
TAKE_UP_EVERY = 10.0  # seconds
_APART = 0.025  # seconds between two commits while more contacts may come; in a storm this makes the groups larger
_BATCH = 500
_RETRY = 1.0
_LATE = timedelta(seconds=2)  # events older than this are noted as late (`store.late_events`)

_log = structlog.get_logger("contacts")

Item = TypeVar("Item")
Awaited = tuple[Contact, asyncio.Future[None]]


class WindowTaken(Exception):
    """The provisioning window now belongs to another address, or is closed. Nothing of this contact was written."""


class ContactWriter:
    """Background writer with group commit; one per process.

    `limit` bounds the queue. Contacts still queued at shutdown are saved to `spool` and read back at the next start.
    `in_flight` tells how many requests are being answered: where the one that waits is the only one, none can join it.
    """

    def __init__(
        self,
        database: Database,
        on_shed: Callable[[], None] = lambda: None,
        *,
        limit: int = LONGEST_QUEUE,
        spool: Spool | None = None,
        sources: Sources = Sources(),  # noqa: B008 - immutable
        in_flight: Callable[[], float] = lambda: inf,
    ) -> None:
        self._database = database
        self._sources = sources
        self._in_flight = in_flight
        self._on_shed = on_shed
        self._limit = limit
        self._spool = spool
        self._queue: deque[Left] = deque()
        self._being_written = 0  # taken from the queue; put back if the store turns out to be unavailable
        self._awaited: deque[Awaited] = deque()
        self._arrived = asyncio.Event()
        self._urgent = asyncio.Event()
        self._complete = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self._taking_up = PeriodicTask("take up saved contacts", self.take_up, TAKE_UP_EVERY)

    def start(self) -> None:
        """Start the writer task, beginning with contacts that an earlier process left in the spool."""
        if self._spool:
            self._take(self._spool.take())
            self._taking_up.start()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write what is queued, spool what cannot be written, and stop."""
        await self._taking_up.stop()
        await self.flush()
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._queue and self._spool:
            try:
                self._spool.keep(self._queue)
            except OSError as error:
                _log.error("contacts_not_kept", count=len(self._queue), error=str(error))
            self._queue.clear()

    async def take_up(self) -> None:
        """Take over what other processes have saved, such as the previous one after SIGHUP in an outage."""
        while self._spool and self.waiting < _BATCH:
            taking = asyncio.create_task(asyncio.to_thread(self._spool.take))
            try:
                await asyncio.shield(taking)
            finally:
                self._take(left := await taking)  # even if stopped meanwhile, because the file is gone
            if not left:
                return
            await self.flush()

    @property
    def waiting(self) -> int:
        """Number of contacts that are not written yet."""
        return len(self._queue) + self._being_written + len(self._awaited)

    def submit(self, contact: Left) -> None:
        """Queue a contact for a deferred write. Shed and counted if the queue is full."""
        if len(self._queue) + self._being_written >= self._limit:
            self._on_shed()
            return
        self._queue.append(contact)
        self._idle.clear()
        self._arrived.set()

    async def submit_durably(self, contact: Contact) -> None:
        """Wait until the contact is committed. Raises `StoreUnavailable` or `WindowTaken`."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited.append((contact, written))
        self._idle.clear()
        self._arrived.set()
        self._urgent.set()
        if self._is_complete():
            self._complete.set()
        await written

    async def flush(self) -> None:
        """Wait until everything submitted so far is written, or the store is found to be unavailable."""
        if self.waiting or not self._idle.is_set():
            self._idle.clear()
            self._urgent.set()
            await self._idle.wait()

    def _take(self, left: list[Left]) -> None:
        """Queue contacts that were already counted against the limit."""
        if left:
            self._queue.extend(left)
            self._idle.clear()
            self._arrived.set()

    async def _run(self) -> None:
        loop, written_at = asyncio.get_running_loop(), -_APART
        while True:
            await self._arrived.wait()
            await _within(LINGER, self._urgent)
            if not self._is_complete():
                await _within(written_at + _APART - loop.time(), self._complete)
            self._urgent.clear()
            self._complete.clear()
            self._idle.clear()
            healthy = True
            while self.waiting and healthy:
                awaited = _first(self._awaited, _BATCH)
                healthy = await self._write(awaited, _first(self._queue, _BATCH - len(awaited)))
            written_at = loop.time()
            self._idle.set()
            if self.waiting:
                await _within(_RETRY, self._urgent)
            else:
                self._arrived.clear()

    def _is_complete(self) -> bool:
        """Whether no other request is in flight than one that waits for the next commit."""
        return self._in_flight() <= min(len(self._awaited), 1)

    async def _write(self, awaited: list[Awaited], others: list[Left]) -> bool:
        """Write one group. False on failure.

        Waiting contacts fail; deferred ones are requeued if the store is unavailable.
        """
        batch = [*(contact for contact, _ in awaited), *others]
        self._being_written = len(others)
        try:
            outrun = await self._database.add(lambda conn: self._store(conn, batch))
        except Exception as error:  # noqa: BLE001 - the writer must survive any failure of the store
            _log.error("contacts_not_written", count=len(batch), error=str(error))
            if isinstance(error, StoreUnavailable):
                self._queue.extendleft(reversed(others))
            else:
                for _ in others:
                    self._on_shed()
            _settle(awaited, lambda _: StoreUnavailable("the contact could not be recorded"))
            return False
        finally:
            self._being_written = 0
        _settle(awaited, lambda contact: WindowTaken() if contact.event.id in outrun else None)
        return True

    async def _store(self, conn: Connection, left: Sequence[Left]) -> set[str]:
        """Write a group; returns the event ids of contacts not written because another address has the window."""
        outrun = await _store(conn, left)
        now = self._sources.now()
        earliest = new_id("evt", now - _LATE, bytes(10))
        if late := [event_id for item in left for event_id in _event_ids(item) if event_id < earliest]:
            await note_late(conn, self._sources.new_id("late", now), [one for one in late if one not in outrun])
        return outrun


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait until `event` is set, at most for `seconds`."""
    if not event.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


async def _store(conn: Connection, left: Sequence[Left]) -> set[str]:
    contacts = [item for item in left if isinstance(item, Contact)]
    outrun = await which_are_outrun(conn, contacts)
    kept = [contact for contact in contacts if contact.event.id not in outrun]
    await write_contacts(conn, kept, [item for item in left if isinstance(item, RepeatContact)])
    await insert_events(conn, [item for item in left if isinstance(item, Event)])
    return outrun


def _event_ids(item: Left) -> tuple[str, ...]:
    if isinstance(item, RepeatContact):
        return (item.event_id,)
    if isinstance(item, Event):
        return (item.id,)
    return (item.event.id, item.detected.id) if item.detected else (item.event.id,)


def _first(queue: deque[Item], most: int) -> list[Item]:
    """Pop up to `most` items from the left."""
    return [queue.popleft() for _ in range(min(most, len(queue)))]


def _settle(awaited: list[Awaited], failure: Callable[[Contact], Exception | None]) -> None:
    for contact, written in awaited:
        if written.done():
            continue
        if error := failure(contact):
            written.set_exception(error)
        else:
            written.set_result(None)

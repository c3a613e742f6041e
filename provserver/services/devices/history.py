"""Events of devices: listing and following."""

from datetime import datetime, timedelta

from provserver.domain.device import Event
from provserver.domain.ids import new_id, ordinal_of
from provserver.services.paging import Page, PageRequest
from provserver.store import events, late_events
from provserver.store.database import Connection, Database
from provserver.store.events import EventFilter

__all__ = ["CHUNK", "EventFilter", "Tail", "list_events"]

# An event is stored a moment after its id was generated, so it may appear behind later ones.
_OVERLAP = timedelta(seconds=5)
_BATCH_OVERLAP = timedelta(seconds=60)  # the same for batches of late events, which are few
_BATCHES = 4  # read per call, with up to 500 events each
CHUNK = 500


async def list_events(
    conn: Connection, account_id: str, device_id: str, chosen: EventFilter, request: PageRequest
) -> Page[Event]:
    """A page of a device's events, newest first."""
    return await events.list_events(conn, account_id, device_id, chosen, request)


class Tail:
    """Follows the events of one account, or of all (None), as they are stored; each event is returned once."""

    def __init__(self, database: Database, account_id: str | None, start: datetime, after_id: str | None) -> None:
        """Start after `after_id`, else at `start`."""
        self._database = database
        self._account_id = account_id
        self._first = after_id or new_id("evt", start, bytes(10))
        self._seen: set[str] = set()
        self._first_batch = f"late_{ordinal_of(self._first)}"
        self._seen_batches: set[str] = set()

    async def news(self, now: datetime) -> list[Event]:
        """The events stored since the last call, oldest first, except late ones. Raises `StoreUnavailable`.

        At most `CHUNK` past events per call; if there are that many, there may be more.
        """
        settled = new_id("evt", now - _OVERLAP, bytes(10))  # no older event will appear any more
        after = self._first
        async with self._database.read() as conn:
            found = await self._late(conn, now)
            while True:
                chunk = await events.events_after(conn, self._account_id, after, CHUNK)
                found += [event for event in chunk if event.id not in self._seen]
                if len(chunk) < CHUNK or chunk[-1].id < settled:
                    break
                after = chunk[-1].id
        self._seen.update(event.id for event in found)
        # Continue after the settled events; after a full chunk, only as far as it reached.
        bound = settled if len(chunk) < CHUNK else min(settled, chunk[-1].id)
        self._first = max(self._first, bound)
        self._seen = {event_id for event_id in self._seen if event_id > self._first}
        return found

    async def _late(self, conn: Connection, now: datetime) -> list[Event]:
        """Late events before the point that the search by id starts from; it finds the others."""
        unseen = [
            batch
            for batch in await late_events.batches_after(conn, self._first_batch)
            if batch not in self._seen_batches
        ]
        new = unseen[:_BATCHES]
        self._seen_batches.update(new)
        if new == unseen:
            self._first_batch = max(self._first_batch, new_id("late", now - _BATCH_OVERLAP, bytes(10)))
            self._seen_batches = {batch for batch in self._seen_batches if batch > self._first_batch}
        if not new:
            return []
        passed = [event_id for event_id in await late_events.events_in(conn, new) if event_id <= self._first]
        return await events.events_with_ids(conn, self._account_id, passed)

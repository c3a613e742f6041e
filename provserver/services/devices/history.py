"""Events of devices: listing and following."""

from datetime import datetime, timedelta

from provserver.domain.device import Event
from provserver.domain.ids import new_id
from provserver.services.paging import Page, PageRequest
from provserver.store import events
from provserver.store.database import Connection, Database
from provserver.store.events import EventFilter

__all__ = ["CHUNK", "EventFilter", "Tail", "list_events"]

# An event is stored a moment after its id was generated, so it may appear behind later ones.
_OVERLAP = timedelta(seconds=5)
CHUNK = 500


async def list_events(
    conn: Connection, account_id: str, device_id: str, chosen: EventFilter, request: PageRequest
) -> Page[Event]:
    """A page of a device's events, newest first."""
    return await events.list_events(conn, account_id, device_id, chosen, request)


class Tail:
    """Follows the events of one account, or of all (None); each event is returned once."""

    def __init__(self, database: Database, account_id: str | None, start: datetime, after_id: str | None) -> None:
        """Start after `after_id`, else at `start`."""
        self._database = database
        self._account_id = account_id
        self._first = after_id or new_id("evt", start, bytes(10))
        self._seen: set[str] = set()

    async def news(self, now: datetime) -> list[Event]:
        """The events stored since the last call, oldest first. Raises `StoreUnavailable`.

        At most `CHUNK` past events per call; if there are that many, there may be more.
        """
        settled = new_id("evt", now - _OVERLAP, bytes(10))  # no older event will appear any more
        found: list[Event] = []
        after = self._first
        async with self._database.read() as conn:
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

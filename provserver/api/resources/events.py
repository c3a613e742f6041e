"""Events of a device."""

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import observed as models
from provserver.api.resources.devices import found
from provserver.domain.device import Event
from provserver.services.devices import history
from provserver.services.devices.history import EventFilter


async def list_of_device(call: Call[models.EventQuery, None]) -> Answer:
    """The events of a device, newest first.

    With `type`, `from` or `to`, a page may be shorter than its limit or even empty although there is a next one,
    because at most two thousand events are examined per page.
    """
    device = await found(call)
    chosen = EventFilter(type=call.query.type, since=call.query.from_, until=call.query.to)
    async with call.read() as conn:
        page = await history.list_events(conn, call.account.id, device.id, chosen, page_request(call.query))
    return listing(call.request, page, shown_event)


def shown_event(event: Event) -> models.Event:
    """An event for the API."""
    return models.Event.of(event, event_type=event.type, device=event.device_id)

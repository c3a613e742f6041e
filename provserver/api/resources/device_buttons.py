"""The buttons of devices: what they have in the end, and what one has instead of its template's."""

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import buttons as models
from provserver.api.models.shared import Listing, PageQuery
from provserver.api.models.shown_buttons import compatibility_of, shown_effective, shown_override, shown_template
from provserver.api.resources.devices import found, found_in
from provserver.services.buttons import button_overrides
from provserver.services.buttons.button_views import compatible_templates, keyed_device


async def list_effective(call: Call[None, None]) -> Answer:
    """The buttons of a device as they are in the end, by position; all of them on one page."""
    device = await found(call)
    async with call.read() as conn:
        keyed = await keyed_device(conn, call.face.configurations, device)
    shown = [shown_effective(button) for button in keyed.buttons()]
    page = Listing[models.EffectiveButton](
        url=call.request.path, next_page_url=None, previous_page_url=None, data=shown
    )
    return Answer(200, page)


async def add_override(call: Call[None, models.OverrideCreate]) -> Answer:
    """Give a device another button at a position than its template has, or none."""
    body, target = call.body, call.body.checked_target()
    async with call.write() as change:
        device = await found_in(call, change)
        told = (body.position, body.type, target, body.label)
        override = await button_overrides.add(change, device, *told)
        return await call.created(change, shown_override(override))


async def list_overrides(call: Call[PageQuery, None]) -> Answer:
    """What a device has instead of its template's buttons, by position."""
    device = await found(call)
    async with call.read() as conn:
        page = await button_overrides.list_overrides(conn, device.id, page_request(call.query))
    return listing(call.request, page, shown_override)


async def remove_override(call: Call[None, None]) -> Answer:
    """Give a device back what its template has at a position."""
    async with call.write() as change:
        await button_overrides.remove(change, await found_in(call, change), call.path["oid"])
    return Answer(204)


async def list_compatible(call: Call[PageQuery, None]) -> Answer:
    """The button templates of which something works on a device, newest first, each with how well it fits.

    A page can be shorter than its limit, even empty, while there is a next one: it looks among a hundred templates.
    """
    device = await found(call)
    async with call.read() as conn:
        keyed = await keyed_device(conn, call.face.configurations, device)
        page = await compatible_templates(conn, keyed, page_request(call.query))
    return listing(call.request, page, lambda pair: shown_template(pair[0], None, compatibility_of(keyed, pair[1])))

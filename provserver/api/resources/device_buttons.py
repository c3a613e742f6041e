"""Effective buttons and overrides of devices."""

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import buttons as models
from provserver.api.models.shared import Listing, PageQuery
from provserver.api.models.shown_buttons import compatibility_of, shown_effective, shown_override, shown_template
from provserver.api.resources.devices import found, found_in
from provserver.services.buttons import button_overrides
from provserver.services.buttons.button_views import compatible_templates, keyed_device


async def list_effective(call: Call[None, None]) -> Answer:
    """The effective buttons of a device by position, all on one page."""
    device = await found(call)
    async with call.read() as conn:
        keyed = await keyed_device(conn, call.face.configurations, device)
    shown = [shown_effective(button) for button in keyed.buttons()]
    page = Listing[models.EffectiveButton](
        url=call.request.path, next_page_url=None, previous_page_url=None, data=shown
    )
    return Answer(200, page)


async def add_override(call: Call[None, models.OverrideCreate]) -> Answer:
    """Override a button of the device's template, or suppress it."""
    body, target = call.body, call.body.checked_target()
    async with call.write() as change:
        device = await found_in(call, change)
        told = (body.position, body.type, target, body.label)
        override = await button_overrides.add(change, device, *told)
        return await call.created(change, shown_override(override))


async def list_overrides(call: Call[PageQuery, None]) -> Answer:
    """The button overrides of a device, by position."""
    device = await found(call)
    async with call.read() as conn:
        page = await button_overrides.list_overrides(conn, device.id, page_request(call.query))
    return listing(call.request, page, shown_override)


async def remove_override(call: Call[None, None]) -> Answer:
    """Delete a button override, so that the template applies again."""
    async with call.write() as change:
        await button_overrides.remove(change, await found_in(call, change), call.path["oid"])
    return Answer(204)


async def list_compatible(call: Call[PageQuery, None]) -> Answer:
    """The button templates with at least one button that works on the device, newest first; with compatibility.

    A page may be shorter than its limit or even empty although there is a next one, because at most a hundred templates
    are examined per page.
    """
    device = await found(call)
    async with call.read() as conn:
        keyed = await keyed_device(conn, call.face.configurations, device)
        page = await compatible_templates(conn, keyed, page_request(call.query))
    return listing(call.request, page, lambda pair: shown_template(pair[0], None, compatibility_of(keyed, pair[1])))

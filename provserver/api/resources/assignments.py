"""Users assigned to devices."""

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models.devices import Assign
from provserver.api.models.shared import PageQuery
from provserver.api.models.shown_devices import shown_assignment
from provserver.api.resources.devices import found_in
from provserver.services.devices import assignments, devices


async def create(call: Call[None, Assign]) -> Answer:
    """Assign a user to the lowest free line of a device."""
    async with call.write() as change:
        device = await found_in(call, change)
        line = await assignments.assign(change, call.face.catalogue, device, call.body.user_id or "")
        return await call.created(change, shown_assignment(line, expand=False))


async def list_all(call: Call[PageQuery, None]) -> Answer:
    """The users of a device, by line."""
    sealer = call.face.database.sealer
    async with call.read() as conn:
        device = await devices.get(conn, sealer, call.account.id, call.path["id"])
        page = await assignments.list_lines(conn, sealer, device.id, page_request(call.query))
    return listing(call.request, page, lambda line: shown_assignment(line, expand=False))


async def delete(call: Call[None, None]) -> Answer:
    """Remove a user from a device."""
    async with call.write() as change:
        await assignments.remove(change, await found_in(call, change), call.path["user_id"])
    return Answer(204)

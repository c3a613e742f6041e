"""The handsets of a DECT base, under the base's path."""

from typing import Any

from provserver.api.call import Answer, Call
from provserver.api.models import devices as models
from provserver.api.resources import devices as any_device
from provserver.domain.device import Device, DeviceType
from provserver.domain.errors import Invalid, NotFound
from provserver.services.change import Connection
from provserver.services.devices import device_updates, devices
from provserver.services.devices.devices import DeviceFilter

AnyCall = Call[Any, Any]


async def create(call: Call[None, models.DeviceCreate]) -> Answer:
    """Create a handset and pair it with the base."""
    said = call.body.base
    if said is not None and said != call.path["id"]:
        raise Invalid("base_id contradicts the path", details={"base_id": "contradicts the path"})
    return await any_device.create_typed(call, DeviceType.DECT_HANDSET, call.path["id"])


async def list_all(call: Call[models.HandsetQuery, None]) -> Answer:
    """The handsets of the base, newest first."""
    base = await any_device.found(call)
    return await any_device.list_of(call, DeviceFilter(type=DeviceType.DECT_HANDSET, base_id=base.id))


async def get(call: Call[models.ExpandQuery, None]) -> Answer:
    """One handset of the base."""
    async with call.read() as conn:
        handset = await found_handset(call, conn)
    return await any_device.present(call, handset)


async def update(call: Call[None, models.DeviceUpdate]) -> Answer:
    """Change a handset of the base."""
    fields = call.body.fields()
    async with call.write() as change:
        handset = await found_handset(call, change.conn)
        handset = await device_updates.update(change, call.face.catalogue, handset, fields)
    return await any_device.present(call, handset)


async def delete(call: Call[None, None]) -> Answer:
    """Delete a handset of the base."""
    async with call.write() as change:
        await devices.delete(change, await found_handset(call, change.conn))
    return Answer(204)


async def found_handset(call: AnyCall, conn: Connection) -> Device:
    """The handset named by the path, on the base named by the path. Raises `NotFound`."""
    sealer = call.face.database.sealer
    handset = await devices.get(conn, sealer, call.account.id, call.path["hid"], DeviceType.DECT_HANDSET)
    if handset.base_id != call.path["id"]:
        raise NotFound("there is no such dect_handset on this base")
    return handset

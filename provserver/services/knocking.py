"""Devices that knocked without a record: listed and forgotten. They are counted in `unknown`."""

from provserver.domain.device import UnknownDevice
from provserver.domain.errors import NotFound
from provserver.domain.mac import Mac
from provserver.services import audit
from provserver.services.change import Change
from provserver.services.paging import Page, PageRequest
from provserver.store import unknown_devices
from provserver.store.database import Connection


async def list_unknown(conn: Connection, request: PageRequest) -> Page[UnknownDevice]:
    """The list, last seen first."""
    return await unknown_devices.list_unknown(conn, request)


async def forget(change: Change, mac: Mac) -> None:
    """Take a MAC off the list; raises `NotFound`."""
    if not await unknown_devices.forget_unknown(change.conn, mac):
        raise NotFound("no device with this MAC has knocked")
    await audit.record(change, "unknown_device.forgotten", str(mac), account_id=None)

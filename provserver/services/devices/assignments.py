"""Assignments of users to device lines."""

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import MAX_DESKPHONE_LINES, Assignment, Device, DeviceType, User
from provserver.domain.errors import Conflict, Impossible, NotFound
from provserver.services import audit
from provserver.services.change import Change
from provserver.services.dect.numbering import next_number
from provserver.services.dect.slots import dialect_of, lowest_free
from provserver.services.paging import Page, PageRequest
from provserver.services.settings.carrying import check_user_carried
from provserver.store import assignments, devices, users
from provserver.store.assignments import Line
from provserver.store.database import Connection
from provserver.store.sealing import Sealer

__all__ = ["Line", "assign", "list_lines", "remove"]


async def assign(change: Change, catalogue: Catalogue, device: Device, user_id: str) -> tuple[Assignment, User]:
    """Assign a user to the lowest free line of a device.

    Raises `NotFound` for the user, `Impossible` with code `assign_to_handset` for a base, `Conflict` with code
    `device_full`, `handset_full`, `base_full` or `user_already_assigned`, and `CannotCarry` if the device's files
    cannot represent the user.
    """
    if device.type is DeviceType.DECT_BASE:
        raise Impossible(
            "users are assigned to the handsets of a base, not to the base itself", code="assign_to_handset"
        )
    user = await users.get_user(change.conn, change.sealer, device.account_id, user_id)
    if user is None:
        reason = "is not the id of a user"
        raise NotFound(f"user_id {reason}", details={"user_id": reason})
    used = await assignments.line_numbers(change.conn, device.id)
    await _check_room(change, device, user_id, used)
    check_user_carried(await dialect_of(change.conn, catalogue, device), user)
    assignment = Assignment(
        id=change.sources.new_id("dln"),
        account_id=device.account_id,
        device_id=device.id,
        user_id=user.id,
        line_number=lowest_free(set(used)),
        account_number=await next_number(change, catalogue, device, len(used)),
        created_at=change.at,
    )
    await assignments.insert_assignment(change.conn, assignment)
    await devices.settle_type(change.conn, device.id)
    facts = {"user_id": user.id, "line_number": assignment.line_number}
    await audit.note_device(change, device, "user_assigned", **facts)
    await audit.record(change, "device.user_assigned", device.id, account_id=device.account_id, after=facts)
    return assignment, user


async def remove(change: Change, device: Device, user_id: str) -> None:
    """Remove a user from a device. Raises `NotFound`."""
    if not await assignments.remove_assignment(change.conn, device.id, user_id, at=change.at):
        raise NotFound("this user is not on this device")
    await audit.note_device(change, device, "user_removed", user_id=user_id)
    before = {"user_id": user_id}
    await audit.record(change, "device.user_removed", device.id, account_id=device.account_id, before=before)


async def list_lines(conn: Connection, sealer: Sealer, device_id: str, request: PageRequest) -> Page[Line]:
    """A page of the lines of a device, by number."""
    return await assignments.list_lines(conn, sealer, device_id, request)


async def _check_room(change: Change, device: Device, user_id: str, used: list[int]) -> None:
    if device.id in await assignments.devices_of_user(change.conn, user_id):
        reason = "is on this device already"
        raise Conflict(f"user_id {reason}", code="user_already_assigned", details={"user_id": reason})
    if device.type is DeviceType.DESKPHONE and len(used) >= MAX_DESKPHONE_LINES:
        raise Conflict(f"a desk phone takes at most {MAX_DESKPHONE_LINES} users", code="device_full")

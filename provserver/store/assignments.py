"""Assignments of users to lines of devices."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Assignment, DeviceStatus, User
from provserver.store.conflicts import conflicts_named
from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.revisions import bump_device
from provserver.store.schema import assignments, devices, users
from provserver.store.sealing import Sealer
from provserver.store.usage import Span, close_spans, open_span
from provserver.store.users import user_of

Line = tuple[Assignment, User]

_NAMED = [(column.name, column) for column in assignments.c]
_LINES = select(assignments, users).join(users, users.c.id == assignments.c.user_id)
_LINES_OF = _LINES.where(assignments.c.device_id == bindparam("holder")).order_by(assignments.c.line_number)


async def insert_assignment(conn: AsyncConnection, assignment: Assignment) -> None:
    """Assign a user to a line. On a provisioned device, the user's usage starts.

    Raises `Conflict` with code `user_already_assigned`, or `Contended` if the line is taken.
    """
    values = {column.name: getattr(assignment, column.name) for column in assignments.c}
    with conflicts_named():
        await conn.execute(insert(assignments).values(values))
    await bump_device(conn, assignment.device_id)
    status = await conn.scalar(select(devices.c.status).where(devices.c.id == assignment.device_id))
    if status == DeviceStatus.PROVISIONED:
        span = Span(
            account_id=assignment.account_id,
            user_id=assignment.user_id,
            device_id=assignment.device_id,
            started_at=assignment.created_at,
        )
        await open_span(conn, span)


async def remove_assignment(conn: AsyncConnection, device_id: str, user_id: str, *, at: datetime) -> bool:
    """Remove a user from a device; other lines keep their numbers. False if the user was not assigned."""
    here = (assignments.c.device_id == device_id, assignments.c.user_id == user_id)
    if not (await conn.execute(delete(assignments).where(*here))).rowcount:
        return False
    await bump_device(conn, device_id)
    await close_spans(conn, at=at, device_id=device_id, user_id=user_id)
    return True


async def line_numbers(conn: AsyncConnection, device_id: str) -> list[int]:
    """The line numbers in use on a device, ascending."""
    statement = select(assignments.c.line_number).where(assignments.c.device_id == device_id)
    return list((await conn.scalars(statement.order_by(assignments.c.line_number))).all())


async def lines_of(conn: AsyncConnection, sealer: Sealer, device_id: str) -> list[Line]:
    """The lines of a device by number, in one query."""
    return [line_of_row(row, sealer) for row in (await conn.execute(_LINES_OF, {"holder": device_id})).mappings()]


async def lines_of_devices(conn: AsyncConnection, sealer: Sealer, device_ids: Sequence[str]) -> dict[str, list[Line]]:
    """The lines of several devices by number, in one query; an empty list for a device without lines."""
    statement = _LINES.where(assignments.c.device_id.in_(device_ids))
    found: dict[str, list[Line]] = {device_id: [] for device_id in device_ids}
    ordered = statement.order_by(assignments.c.device_id, assignments.c.line_number)
    for row in (await conn.execute(ordered)).mappings():
        found[row[assignments.c.device_id]].append(line_of_row(row, sealer))
    return found


async def list_lines(conn: AsyncConnection, sealer: Sealer, device_id: str, request: PageRequest) -> Page[Line]:
    """A page of the lines of a device, ascending by number."""
    window = Window.of(request, assignments.c.line_number, newest_first=False)
    statement = _LINES.where(assignments.c.device_id == device_id)
    return await fetch_page(conn, statement, window, lambda row: line_of_row(row, sealer))


async def devices_of_user(conn: AsyncConnection, user_id: str) -> list[str]:
    """The ids of the devices that have this user on a line."""
    statement = select(assignments.c.device_id).where(assignments.c.user_id == user_id)
    return list((await conn.scalars(statement)).all())


async def set_account_number(conn: AsyncConnection, assignment_id: str, number: int | None) -> None:
    """Set the number of a line's SIP account after its handset has moved; None without a base."""
    statement = update(assignments).where(assignments.c.id == assignment_id)
    await conn.execute(statement.values(account_number=number))


def line_of_row(row: RowMapping, sealer: Sealer) -> Line:
    """The line in a row that selects the columns of `assignments` and `users`."""
    return Assignment(**{name: row[column] for name, column in _NAMED}), user_of(row, sealer)

"""Repeated fetches: nearly all of the writes in a boot storm, so they bypass the ORM layers as plain rows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import itemgetter
from typing import Any, NamedTuple, Self

from sqlalchemy import bindparam, func, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.driver_statements import driver_statement
from provserver.store.events import NO_DETAILS, Row
from provserver.store.schema import devices

NOT_MODIFIED = "config_not_modified"  # the type of the event of a phone that has its file already
SET_BACK = timedelta(hours=1)  # no contact is queued for so long; a stored time further ahead is from a wrong clock

_NOTE_TIMES = (
    update(devices)
    .where(
        devices.c.id == bindparam("contacted_id"),
        or_(
            devices.c.last_seen_at.is_(None),
            devices.c.last_seen_at <= bindparam("seen_at"),
            devices.c.last_seen_at > bindparam("set_back"),
        ),
    )
    .values(
        last_seen_at=bindparam("seen_at"),
        current_ip_address=bindparam("address"),
        last_provisioned_at=func.coalesce(bindparam("fetched_at"), devices.c.last_provisioned_at),
    )
)
_SET_BACK_MICROS = SET_BACK // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What every repeat of a request records, except its time and ids.

    `type` to `proof` are the fields of its event. `provisions`: the file is the phone's own configuration.
    """

    device_id: str
    account_id: str
    type: str
    source_ip: str
    user_agent: str
    file: str | None
    status: int
    bytes: int
    proof: str | None
    provisions: bool

    def unmodified(self) -> Self:
        """That of the same request by a phone that has the file already."""
        return replace(self, type=NOT_MODIFIED, status=304, bytes=0)


class Visit(NamedTuple):
    """When (microseconds since 1970) a device was seen, and from where. `provisions`: it fetched its configuration."""

    at: int
    device_id: str
    address: str
    provisions: bool


class RepeatContact(NamedTuple):
    """One repeat, at `at` microseconds since 1970."""

    trace: Trace
    at: int
    event_id: str
    request_id: str

    def visit(self) -> Visit:
        """The visit, for the device row."""
        trace = self.trace
        return Visit(self.at, trace.device_id, trace.source_ip, trace.provisions)

    def event_row(self) -> Row:
        """The event row."""
        trace = self.trace
        return (
            self.event_id,
            trace.account_id,
            trace.device_id,
            trace.type,
            self.at,
            trace.source_ip,
            trace.user_agent,
            trace.file,
            trace.status,
            trace.bytes,
            trace.proof,
            self.request_id,
            NO_DETAILS,
        )


async def note_times(conn: AsyncConnection, visits: Iterable[Visit]) -> None:
    """Update the times and address of devices without reading them first. The latest visit of a device wins."""
    latest: dict[str, Visit] = {}
    fetched: dict[str, int] = {}
    for visit in sorted(visits):
        latest[visit.device_id] = visit
        if visit.provisions:
            fetched[visit.device_id] = visit.at
    if latest:
        statement = driver_statement(_NOTE_TIMES, conn.dialect)
        values = itemgetter(*statement.names)
        # Ordered by id, so that two writers that lock rows cannot deadlock.
        rows = [values(_times(latest[one], fetched.get(one))) for one in sorted(latest)]
        await conn.exec_driver_sql(statement.text, rows)


def _times(visit: Visit, fetched_at: int | None) -> dict[str, Any]:
    return {
        "contacted_id": visit.device_id,
        "seen_at": visit.at,
        "set_back": visit.at + _SET_BACK_MICROS,
        "address": visit.address,
        "fetched_at": fetched_at,
    }

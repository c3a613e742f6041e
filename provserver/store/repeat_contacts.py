"""Phones that were here once more: in a boot storm nearly all that is written, so it is written as bare rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.driver_statements import driver_statement
from provserver.store.events import NO_DETAILS, Row
from provserver.store.schema import devices

SET_BACK = timedelta(hours=1)  # no contact waits for that long: where one is older still, the clock was ahead

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
    """What a phone leaves behind each time it asks for just this again, but for the time and the ids.

    `type` to `proof` are its event's; `provisions`: it is the phone's own configuration.
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


class Visit(NamedTuple):
    """When a device was here and from where; `provisions`: for its own configuration."""

    at: int
    device_id: str
    address: str
    provisions: bool


class RepeatContact(NamedTuple):
    """A phone that was here again, `at` so many microseconds after 1970."""

    trace: Trace
    at: int
    event_id: str
    request_id: str

    def visit(self) -> Visit:
        """That it was here."""
        trace = self.trace
        return Visit(self.at, trace.device_id, trace.source_ip, trace.provisions)

    def event_row(self) -> Row:
        """Its event."""
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
    """Write it down without a look at what is stored. A later visit of a device wins."""
    latest: dict[str, Visit] = {}
    fetched: dict[str, int] = {}
    for visit in sorted(visits):
        latest[visit.device_id] = visit
        if visit.provisions:
            fetched[visit.device_id] = visit.at
    if latest:
        statement = driver_statement(_NOTE_TIMES, conn.dialect)
        values = itemgetter(*statement.names)
        # In the order of ids, so that two writers that lock rows do not wait for each other in a circle.
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

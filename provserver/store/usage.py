"""Spans of time in which a user was on a provisioned device: what an account is counted by."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Dialect, Executable, and_, bindparam, distinct, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.schema import assignments, devices, provisioned_spans
from provserver.store.upserts import upsert, upsert_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`user_id` is on the provisioned device `device_id` from `started_at` on."""

    account_id: str
    user_id: str
    device_id: str
    started_at: datetime


async def open_spans(conn: AsyncConnection, spans: Sequence[Span]) -> None:
    """Start spans; a user whose span on that device is still open keeps it."""
    running = await _running(conn, {span.device_id for span in spans})
    fresh = [
        {"account_id": one.account_id, "user_id": one.user_id, "device_id": one.device_id, "started_at": one.started_at}
        for one in spans
        if (one.device_id, one.user_id) not in running
    ]
    if fresh:
        await conn.execute(upsert(conn, provisioned_spans).on_conflict_do_nothing(), fresh)


async def open_spans_of(conn: AsyncConnection, device_ids: Collection[str]) -> None:
    """The users on devices that have just become provisioned count as used from then on, in one statement."""
    if device_ids:
        await conn.execute(_opening(conn.dialect), {"provisioned": list(device_ids)})


@lru_cache
def _opening(dialect: Dialect) -> Executable:
    column = provisioned_spans.c
    running = exists().where(
        column.device_id == assignments.c.device_id, column.user_id == assignments.c.user_id, column.ended_at.is_(None)
    )
    fresh = (
        select(assignments.c.account_id, assignments.c.user_id, assignments.c.device_id, devices.c.last_provisioned_at)
        .join(devices, devices.c.id == assignments.c.device_id)
        .where(
            devices.c.id.in_(bindparam("provisioned", expanding=True)),
            devices.c.last_provisioned_at.is_not(None),
            ~running,
        )
    )
    names = [column.account_id, column.user_id, column.device_id, column.started_at]
    return upsert_of(dialect, provisioned_spans).from_select(names, fresh).on_conflict_do_nothing()


async def close_spans(
    conn: AsyncConnection,
    *,
    at: datetime,
    device_id: str | None = None,
    user_id: str | None = None,
    account_id: str | None = None,
) -> None:
    """End, at `at`, the open spans of a device, a user, a user on a device, or an account; one of them is given."""
    column = provisioned_spans.c
    owners = ((column.device_id, device_id), (column.user_id, user_id), (column.account_id, account_id))
    conditions = [owner == value for owner, value in owners if value is not None]
    if not conditions:
        raise ValueError("whose spans end must be said")
    await conn.execute(update(provisioned_spans).where(*conditions, column.ended_at.is_(None)).values(ended_at=at))


async def usage(
    conn: AsyncConnection, account_id: str | None, since: datetime, until: datetime
) -> list[tuple[str, int]]:
    """Per account, how many distinct users were on a provisioned device at some time in [since, until).

    With an account id that account alone. An account without such users is not in the list, which is sorted by id.
    """
    span = provisioned_spans.c
    touches = and_(span.started_at < until, or_(span.ended_at.is_(None), span.ended_at > since))
    statement = select(span.account_id, func.count(distinct(span.user_id))).where(touches)
    if account_id is not None:
        statement = statement.where(span.account_id == account_id)
    rows = await conn.execute(statement.group_by(span.account_id).order_by(span.account_id))
    return [(account, users) for account, users in rows]


async def _running(conn: AsyncConnection, device_ids: Iterable[str]) -> set[tuple[str, str]]:
    span = provisioned_spans.c
    statement = select(span.device_id, span.user_id).where(span.device_id.in_(device_ids), span.ended_at.is_(None))
    return {(device, user) for device, user in await conn.execute(statement)}

"""The time spans in which users were on provisioned devices, and the usage counted from them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, case, exists, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.usage import Changes
from provserver.domain.usage import Span as Time
from provserver.store.driver_statements import insert_all
from provserver.store.prepared import Row, fetch_rows
from provserver.store.schema import (
    assignments,
    devices,
    provisioned_spans,
    usage_absences,
    usage_steps,
    usage_totals,
    users,
)
from provserver.store.types import Instant, micros_of
from provserver.store.usage_counts import Totals, count, take_totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`user_id` was on the provisioned device `device_id` from `started_at` to `ended_at`; None while it lasts."""

    account_id: str
    user_id: str
    device_id: str
    started_at: datetime
    ended_at: datetime | None = None


_span = provisioned_spans.c
_NAMES = tuple(field.name for field in fields(Span))
_INSERT = insert(provisioned_spans)
_ASKED: BindParameter[str] = bindparam("asked", expanding=True)
_SPANS_OF = select(*(_span[name] for name in _NAMES)).where(_span.user_id.in_(_ASKED))
_OPEN_SINCE = select(func.min(_span.started_at)).where(_span.ended_at.is_(None))
_OF_USER = _OPEN_SINCE.where(_span.user_id == users.c.id).correlate(users).scalar_subquery()
_THERE_SINCE = select(users.c.id, _OF_USER.label("since")).where(users.c.id.in_(_ASKED))

# The users on these devices, except those with an open span.
_ON_PROVISIONED = (
    select(
        assignments.c.account_id,
        assignments.c.user_id,
        assignments.c.device_id,
        devices.c.last_provisioned_at.label("started_at"),
        _OPEN_SINCE.where(_span.user_id == assignments.c.user_id)
        .correlate(assignments)
        .scalar_subquery()
        .label("since"),
    )
    .join(devices, devices.c.id == assignments.c.device_id)
    .where(
        devices.c.id.in_(bindparam("provisioned", expanding=True)),
        devices.c.last_provisioned_at.is_not(None),
        ~exists().where(
            _span.device_id == assignments.c.device_id,
            _span.user_id == assignments.c.user_id,
            _span.ended_at.is_(None) | (_span.started_at == devices.c.last_provisioned_at),
        ),
    )
)


async def open_spans_of(conn: AsyncConnection, device_ids: Collection[str], account_ids: Collection[str]) -> None:
    """Open spans for the users on devices that have just become provisioned. `account_ids`.

    Accounts of these devices.
    """
    if device_ids:
        totals = await take_totals(conn, account_ids)
        rows = await fetch_rows(conn, _ON_PROVISIONED, {"provisioned": list(device_ids)})
        await _open(conn, totals, [(_span_of(span), since) for *span, since in rows])


async def open_span(conn: AsyncConnection, span: Span) -> None:
    """Open a span, unless the user has one open on that device."""
    there = select(_span.started_at).where(_span.device_id == span.device_id, _span.user_id == span.user_id)
    if not (await conn.scalars(there.where(_span.ended_at.is_(None) | (_span.started_at == span.started_at)))).all():
        totals = await take_totals(conn, {span.account_id})
        since = await _there_since(conn, {span.user_id})
        await _open(conn, totals, [(span, since.get(span.user_id))])


async def _open(conn: AsyncConnection, totals: Totals, opening: Sequence[tuple[Span, datetime | None]]) -> None:
    """Open spans, each with the time since when its user has been on other devices."""
    if not opening:
        return
    new = [span for span, since in opening if not _is_by(since, span.started_at)]
    before = await _spans_of(conn, {span.user_id for span in new})
    await insert_all(conn, _INSERT, [_row_of(span) for span, _ in opening])
    await _recount(conn, totals, before, [*before, *new])


async def close_spans(
    conn: AsyncConnection, *, at: datetime, device_id: str | None = None, user_id: str | None = None
) -> None:
    """End the open spans of a device, a user, or a user on a device; at least one must be given."""
    said = [owner == value for owner, value in ((_span.device_id, device_id), (_span.user_id, user_id)) if value]
    if not said:
        raise ValueError("whose spans end must be said")
    open_ones = (*said, _span.ended_at.is_(None))
    ending = [Span(**row) for row in (await conn.execute(select(provisioned_spans).where(*open_ones))).mappings()]
    if not ending:
        return
    totals = await take_totals(conn, {span.account_id for span in ending})
    # if the clock went back, a span must not end before its start
    end = case((_span.started_at > at, _span.started_at), else_=literal(at, Instant))
    await conn.execute(update(provisioned_spans).where(*open_ones).values(ended_at=end))
    since = await _there_since(conn, {span.user_id for span in ending})
    gone = [span for span in ending if not _is_by(since.get(span.user_id), at)]
    after = await _spans_of(conn, {span.user_id for span in gone})
    ended = [replace(span, ended_at=max(at, span.started_at)) for span in gone]
    await _recount(conn, totals, [*(span for span in after if span not in ended), *gone], after)


async def close_account(conn: AsyncConnection, account_id: str, *, at: datetime) -> None:
    """End all open spans of an account, and with them all stays."""
    totals = await take_totals(conn, {account_id})
    total = totals[account_id]
    at = max(at, total.at)
    own = select(users.c.id).where(users.c.account_id == account_id)
    ending = update(provisioned_spans).where(_span.user_id.in_(own), _span.ended_at.is_(None))
    await conn.execute(ending.values(ended_at=at))
    changes = Changes()
    changes.ended[at] = total.began - total.ended
    await count(conn, totals, {account_id: changes})


async def usage(
    conn: AsyncConnection, account_id: str | None, since: datetime, until: datetime
) -> list[tuple[str, int]]:
    """Per account, the number of distinct users on a provisioned device during [since, until), sorted by account id.

    For one account, or all. Accounts without such users are omitted. Computed from counts; only users who left and
    returned in between are looked at individually, see `domain.usage`.
    """
    total, step, absence = usage_totals.c, usage_steps.c, usage_absences.c
    began = case((total.at < until, total.began), else_=_last(step.began, step.at < until))
    ended = case((total.at <= since, total.ended), else_=_last(step.ended, step.at <= since))
    within = (absence.account_id == total.account_id, absence.left_at > since, absence.back_at < until)
    back = select(func.count()).select_from(usage_absences).where(*within).correlate(usage_totals).scalar_subquery()
    statement = select(total.account_id, began - ended - back)
    if account_id is not None:
        statement = statement.where(total.account_id == account_id)
    rows = await conn.execute(statement.order_by(total.account_id))
    return [(account, users_then) for account, users_then in rows if users_then]


def _last(counted: ColumnElement[int], when: ColumnElement[bool]) -> ColumnElement[int]:
    """The account's latest count before that time."""
    step = usage_steps.c
    here = select(counted).where(step.account_id == usage_totals.c.account_id, when).correlate(usage_totals)
    return func.coalesce(here.order_by(step.at.desc()).limit(1).scalar_subquery(), 0)


async def _there_since(conn: AsyncConnection, user_ids: Collection[str]) -> dict[str, datetime | None]:
    """The earliest start of each user's open spans; None without one."""
    return {row[0]: row[1] for row in await fetch_rows(conn, _THERE_SINCE, {"asked": list(user_ids)})}


def _is_by(since: datetime | None, at: datetime) -> bool:
    """Whether an open span covers the time `at`, so that the user is present regardless of another span."""
    return since is not None and since <= at


async def _spans_of(conn: AsyncConnection, user_ids: Collection[str]) -> list[Span]:
    if not user_ids:
        return []
    return [_span_of(row) for row in await fetch_rows(conn, _SPANS_OF, {"asked": list(user_ids)})]


def _row_of(span: Span) -> tuple[Any, ...]:
    """The row of an open span."""
    return span.device_id, span.user_id, micros_of(span.started_at), None, span.account_id


def _span_of(row: Row) -> Span:
    """The span in a row of `_NAMES`, which may lack the end if it is open."""
    return Span(**dict(zip(_NAMES, row, strict=False)))


async def _recount(conn: AsyncConnection, totals: Totals, before: Iterable[Span], after: Iterable[Span]) -> None:
    """Update the counts for these users; `before` and `after` are all of their spans."""
    times: dict[tuple[str, str], tuple[list[Time], list[Time]]] = defaultdict(lambda: ([], []))
    for number, spans in enumerate((before, after)):
        for span in spans:
            times[span.account_id, span.user_id][number].append((span.started_at, span.ended_at))
    changed: dict[str, Changes] = defaultdict(Changes)
    for (account_id, user_id), (then, now) in times.items():
        changed[account_id].note(user_id, then, now)
    await count(conn, totals, changed)

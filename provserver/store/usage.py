"""Spans of time in which a user was on a provisioned device, and what an account is counted by for them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, bindparam, case, exists, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.usage import Changes
from provserver.domain.usage import Span as Time
from provserver.store.schema import (
    assignments,
    devices,
    provisioned_spans,
    usage_absences,
    usage_steps,
    usage_totals,
    users,
)
from provserver.store.types import Instant
from provserver.store.usage_counts import Totals, count, take_totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`user_id` is on the provisioned device `device_id` from `started_at` on, until `ended_at`; None for still."""

    account_id: str
    user_id: str
    device_id: str
    started_at: datetime
    ended_at: datetime | None = None


_span = provisioned_spans.c
_NAMES = tuple(field.name for field in fields(Span))
_INSERT = insert(provisioned_spans)
_ASKED: BindParameter[str] = bindparam("asked", expanding=True)
_SPANS_OF = select(provisioned_spans).where(_span.user_id.in_(_ASKED))
_OPEN_SINCE = select(func.min(_span.started_at)).where(_span.user_id == users.c.id, _span.ended_at.is_(None))
_THERE_SINCE = select(users.c.id, _OPEN_SINCE.correlate(users).scalar_subquery().label("since")).where(
    users.c.id.in_(_ASKED)
)

# Who is on devices, but for those who are counted there already.
_ON_PROVISIONED = (
    select(
        assignments.c.account_id,
        assignments.c.user_id,
        assignments.c.device_id,
        devices.c.last_provisioned_at.label("started_at"),
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


async def open_spans_of(conn: AsyncConnection, device_ids: Collection[str]) -> None:
    """The users on devices that have just become provisioned count as used from then on."""
    if device_ids:
        rows = await conn.execute(_ON_PROVISIONED, {"provisioned": list(device_ids)})
        await _open(conn, [Span(**row) for row in rows.mappings()])


async def open_span(conn: AsyncConnection, span: Span) -> None:
    """Start a span; a user whose span on that device is still open keeps it."""
    there = select(_span.started_at).where(_span.device_id == span.device_id, _span.user_id == span.user_id)
    if not (await conn.scalars(there.where(_span.ended_at.is_(None) | (_span.started_at == span.started_at)))).all():
        await _open(conn, [span])


async def _open(conn: AsyncConnection, spans: Sequence[Span]) -> None:
    if not spans:
        return
    totals = await take_totals(conn, {span.account_id for span in spans})
    since = await _there_since(conn, {span.user_id for span in spans})
    new = [span for span in spans if not _is_by(since.get(span.user_id), span.started_at)]
    before = await _spans_of(conn, {span.user_id for span in new})
    await conn.execute(_INSERT, [{name: getattr(span, name) for name in _NAMES} for span in spans])
    await _recount(conn, totals, before, [*before, *new])


async def close_spans(
    conn: AsyncConnection, *, at: datetime, device_id: str | None = None, user_id: str | None = None
) -> None:
    """End, at `at`, the open spans of a device, a user, or a user on a device; one of them is given."""
    said = [owner == value for owner, value in ((_span.device_id, device_id), (_span.user_id, user_id)) if value]
    if not said:
        raise ValueError("whose spans end must be said")
    open_ones = (*said, _span.ended_at.is_(None))
    ending = [Span(**row) for row in (await conn.execute(select(provisioned_spans).where(*open_ones))).mappings()]
    if not ending:
        return
    totals = await take_totals(conn, {span.account_id for span in ending})
    # A clock that went back ends nothing before its start.
    end = case((_span.started_at > at, _span.started_at), else_=literal(at, Instant))
    await conn.execute(update(provisioned_spans).where(*open_ones).values(ended_at=end))
    since = await _there_since(conn, {span.user_id for span in ending})
    gone = [span for span in ending if not _is_by(since.get(span.user_id), at)]
    after = await _spans_of(conn, {span.user_id for span in gone})
    ended = [replace(span, ended_at=max(at, span.started_at)) for span in gone]
    await _recount(conn, totals, [*(span for span in after if span not in ended), *gone], after)


async def close_account(conn: AsyncConnection, account_id: str, *, at: datetime) -> None:
    """End, at `at`, all open spans of an account: every stay with them, however many there are."""
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
    """Per account, how many distinct users were on a provisioned device at some time in [since, until).

    With an account id that account alone. An account without such users is not in the list, which is sorted by id.
    No user is looked at, but for those who were away in between and came back: see `domain.usage`.
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
    """What had been counted in the account by then."""
    step = usage_steps.c
    here = select(counted).where(step.account_id == usage_totals.c.account_id, when).correlate(usage_totals)
    return func.coalesce(here.order_by(step.at.desc()).limit(1).scalar_subquery(), 0)


async def _there_since(conn: AsyncConnection, user_ids: Collection[str]) -> dict[str, datetime | None]:
    """Since when users are on provisioned devices without a break at the least, by the spans that are open."""
    rows = await conn.execute(_THERE_SINCE, {"asked": list(user_ids)})
    return {row.id: row.since for row in rows}


def _is_by(since: datetime | None, at: datetime) -> bool:
    """Whether an open span covers what begins, or ends, at `at`, so that the user is there all the same."""
    return since is not None and since <= at


async def _spans_of(conn: AsyncConnection, user_ids: Collection[str]) -> list[Span]:
    if not user_ids:
        return []
    rows = await conn.execute(_SPANS_OF, {"asked": list(user_ids)})
    return [Span(**row) for row in rows.mappings()]


async def _recount(conn: AsyncConnection, totals: Totals, before: Iterable[Span], after: Iterable[Span]) -> None:
    """Count what has changed for the users that these are all spans of."""
    times: dict[tuple[str, str], tuple[list[Time], list[Time]]] = defaultdict(lambda: ([], []))
    for number, spans in enumerate((before, after)):
        for span in spans:
            times[span.account_id, span.user_id][number].append((span.started_at, span.ended_at))
    changed: dict[str, Changes] = defaultdict(Changes)
    for (account_id, user_id), (then, now) in times.items():
        changed[account_id].note(user_id, then, now)
    await count(conn, totals, changed)

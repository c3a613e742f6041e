"""Device lists by kind: type, status, vendor and model combined in one generated column (`devices.kind`).

A list filtered by any of these is the merge of the lists of a few kinds, each of which is sorted in an index. So a page
costs the same at any depth and for any filters. A second index has the location in front.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import CTE, ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import DeviceType
from provserver.store.pages import Window
from provserver.store.schema import accounts, devices

Kind = tuple[str, ...]
"""Type, status, vendor, model; '' for none."""
Conditions = Sequence[ColumnElement[bool]]


async def kinds_in_use(conn: AsyncConnection, account_id: str | None) -> list[Kind]:
    """The distinct kinds of an account's devices, or of all devices (None)."""
    chosen = select(accounts.c.id) if account_id is None else select(accounts.c.id).where(accounts.c.id == account_id)
    within = chosen.subquery()
    column = devices.c
    first = select(func.min(column.kind)).where(column.account_id == within.c.id).scalar_subquery()
    kinds = select(within.c.id, first.label("kind")).cte("kinds", recursive=True)
    following = select(func.min(column.kind)).where(column.account_id == kinds.c.id, column.kind > kinds.c.kind)
    following_kind = following.correlate(kinds).scalar_subquery()
    kinds = kinds.union_all(select(kinds.c.id, following_kind).where(kinds.c.kind.is_not(None)))
    found = await conn.scalars(select(kinds.c.kind).where(kinds.c.kind.is_not(None)).distinct())
    return [_parts(kind) for kind in found]


def of_type(kind: DeviceType) -> ColumnElement[bool]:
    """The condition for this type, using the index by kind."""
    return and_(devices.c.kind >= f"{kind}|", devices.c.kind < f"{kind}~")


async def kinds_here(conn: AsyncConnection, here: Conditions, wanted: Callable[[Kind], bool]) -> list[str]:
    """The matching kinds that occur among the devices that satisfy `here`: an account, a location."""
    return [kind for kind in await conn.scalars(select(_kinds(here).c.kind)) if kind and wanted(_parts(kind))]


async def next_of_kinds(conn: AsyncConnection, here: Conditions, kinds: Sequence[str], window: Window) -> list[str]:
    """The ordinals of the next devices of these kinds, in scan order, one more than the limit."""
    column, walk = devices.c, _kinds(here)
    of_kind = select(column.ordinal).where(*here, column.kind == walk.c.kind).correlate(walk)
    last = window.ordered(window.bounded(of_kind)).limit(1).offset(window.limit).scalar_subquery()
    # The nearest kind alone already fills the page up to there, so nothing beyond belongs to this page.
    ends = [end for end in await conn.scalars(select(last).where(walk.c.kind.in_(kinds))) if end is not None]
    statement = select(column.ordinal).where(*here, column.kind.in_(kinds))
    statement = (
        window.until(statement, max(ends) if window.descending else min(ends)) if ends else window.bounded(statement)
    )
    # Sorted here: ORDER BY with LIMIT would tempt the planner to scan the whole list.
    return sorted(await conn.scalars(statement), reverse=window.descending)[: window.limit + 1]


def _kinds(here: Conditions) -> CTE:
    """Each kind once, and NULL, by skipping from one to the next in the index (loose index scan)."""
    column = devices.c
    kinds = select(func.min(column.kind).label("kind")).where(*here).cte("kinds", recursive=True)
    following = select(func.min(column.kind)).where(*here, column.kind > kinds.c.kind).correlate(kinds)
    return kinds.union_all(select(following.scalar_subquery()).where(kinds.c.kind.is_not(None)))


def _parts(kind: str) -> Kind:
    return tuple(kind.split("|", 3))

"""The kinds of devices that an account has: type, status, vendor and model, all in one word (`devices.kind`).

A list by any of these is the lists of a few kinds, merged: each lies in an index in its own order, so that a page costs
the same wherever it is, and the same where filters exclude each other and where they do not. With a location in front
there is the same index once more.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.pages import Window
from provserver.store.schema import devices

Kind = tuple[str, ...]
"""Type, status, vendor, model; '' for none."""


async def next_of_kinds(
    conn: AsyncConnection, here: Sequence[ColumnElement[bool]], wanted: Callable[[Kind], bool], window: Window
) -> list[str]:
    """The ordinals of the next devices of the kinds that are wanted, in the order of the walk, one more than the limit.

    `here`: which account, and which location where it matters.
    """
    kinds = [row for row in await _kinds(conn, here, window) if wanted(tuple(row.kind.split("|", 3)))]
    if not kinds:
        return []
    statement = select(devices.c.ordinal).where(*here, devices.c.kind.in_([row.kind for row in kinds]))
    ends = [row.end for row in kinds if row.end is not None]
    if ends:
        # One kind alone fills the page by there, so nothing beyond is of this page.
        end = devices.c.ordinal >= max(ends) if window.descending else devices.c.ordinal <= min(ends)
        statement = statement.where(end)
    # Sorted here: in SQL an ORDER BY with a LIMIT would tempt the planner to walk the whole list for it.
    found = sorted(await conn.scalars(window.bounded(statement)), reverse=window.descending)
    return found[: window.limit + 1]


async def _kinds(conn: AsyncConnection, here: Sequence[ColumnElement[bool]], window: Window) -> Sequence[Row[str, str]]:
    """Each kind once, from one to the next by the index, with the ordinal by which it alone fills the page, if any."""
    column = devices.c
    kinds = select(func.min(column.kind).label("kind")).where(*here).cte("kinds", recursive=True)
    following = select(func.min(column.kind)).where(*here, column.kind > kinds.c.kind).correlate(kinds)
    kinds = kinds.union_all(select(following.scalar_subquery()).where(kinds.c.kind.is_not(None)))
    of_kind = select(column.ordinal).where(*here, column.kind == kinds.c.kind).correlate(kinds)
    last = window.ordered(window.bounded(of_kind)).limit(1).offset(window.limit)
    statement = select(kinds.c.kind, last.scalar_subquery().label("end")).where(kinds.c.kind.is_not(None))
    return (await conn.execute(statement)).all()

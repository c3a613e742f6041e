"""Keyset pagination: a cursor is the key of a row, so pages stay consistent while rows are added and removed."""

import base64
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import ARRAY, Column, ColumnElement, RowMapping, Select, any_, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.errors import Invalid
from provserver.store.types import Instant, instant_of, micros_of

Key = tuple[Any, ...]
Item = TypeVar("Item")
Statement = Select[*tuple[Any, ...]]

MOST_LOOKED_AT = 2000  # rows examined for one page if no index covers the filter
_BIGGEST_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`limit` items (at least 1) from the start, or from an opaque cursor of another page."""

    limit: int = 10
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items in list order. A cursor is None if there are no more items in its direction."""

    items: list[Item]
    next_cursor: str | None
    previous_cursor: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """A parsed page request: `limit` rows after `bound` in list order, or before it if `backwards`."""

    columns: tuple[Column[Any], ...]
    limit: int
    newest_first: bool
    backwards: bool = False
    bound: Key | None = None

    @classmethod
    def of(cls, request: PageRequest, *columns: Column[Any], newest_first: bool = True) -> Self:
        """Parse `request` for a list sorted by `columns`. Raises `Invalid` with code `invalid_pagination`."""
        if request.cursor is None:
            return cls(columns, request.limit, newest_first)
        direction, bound = _read_cursor(request.cursor, columns)
        return cls(columns, request.limit, newest_first, backwards=direction == "previous", bound=bound)

    @property
    def descending(self) -> bool:
        """Whether rows are read in descending key order."""
        return self.newest_first != self.backwards

    def covers(self, key: Key) -> bool:
        """Whether `key` lies beyond the bound in reading direction."""
        if self.bound is None:
            return True
        return key < self.bound if self.descending else key > self.bound

    def bounded(self, statement: Statement) -> Statement:
        """Restrict `statement` to the rows beyond the bound."""
        if self.bound is None:
            return statement
        bound = [literal(value, column.type) for value, column in zip(self.bound, self.columns, strict=True)]
        left, right = (self.columns[0], bound[0]) if len(bound) == 1 else (tuple_(*self.columns), tuple_(*bound))
        return statement.where(left < right if self.descending else left > right)

    def until(self, statement: Statement, last: Any) -> Statement:
        """Restrict `statement` to the rows beyond the bound up to the key `last`, unordered."""
        column = self.columns[0]
        return self.bounded(statement).where(column >= last if self.descending else column <= last)

    def ordered(self, statement: Statement) -> Statement:
        """`statement` in reading order, with one extra row to detect whether there are more."""
        order = [column.desc() if self.descending else column.asc() for column in self.columns]
        return statement.order_by(*order).limit(self.limit + 1)

    def key(self, row: RowMapping) -> Key:
        """The key of `row` in the list."""
        return tuple(row[column] for column in self.columns)

    def page(
        self,
        rows: Sequence[RowMapping],
        make: Callable[[RowMapping], Item],
        *,
        looked_until: Key | None = None,
        more: bool = False,
    ) -> Page[Item]:
        """Build the page from the rows of the ordered statement.

        `looked_until`: the last key examined, if rows were filtered afterwards. `more`: there are rows after that.
        """
        kept = list(rows[: self.limit])
        overfull = len(rows) > self.limit
        near = self.key(kept[0]) if kept else looked_until
        far = self.key(kept[-1]) if kept and (overfull or looked_until is None) else looked_until
        more = more or overfull
        if near is None or far is None:
            return Page([], None, None)
        if self.backwards:
            kept.reverse()
            first, last, has_previous, has_next = far, near, more, True
        else:
            first, last, has_previous, has_next = near, far, self.bound is not None, more
        return Page(
            [make(row) for row in kept],
            self.cursor("next", last) if has_next else None,
            self.cursor("previous", first) if has_previous else None,
        )

    def cursor(self, direction: str, key: Key) -> str:
        """The cursor for the page `next` to `key` or `previous` to it."""
        plain = [micros_of(value) if isinstance(value, datetime) else value for value in key]
        return base64.urlsafe_b64encode(json.dumps([direction, *plain]).encode()).rstrip(b"=").decode()


Walk = Callable[[Window], Awaitable[Sequence[str]]]
"""Index scan of a list sorted by one column: returns the next keys in a window, in reading order.

One more than the window's limit, or all that are left.
"""


async def fetch_page(
    conn: AsyncConnection, statement: Statement, window: Window, make: Callable[[RowMapping], Item]
) -> Page[Item]:
    """Run `statement` for one window; it must select the window's columns."""
    rows = (await conn.execute(window.ordered(window.bounded(statement)))).mappings().all()
    return window.page(rows, make)


async def fetch_keys(conn: AsyncConnection, statement: Statement, window: Window) -> Sequence[str]:
    """The keys in one window of `statement`, and one extra."""
    return (await conn.scalars(window.ordered(window.bounded(statement)))).all()


async def fetch_sifted(
    conn: AsyncConnection, statement: Statement, walk: Walk, window: Window, make: Callable[[RowMapping], Item]
) -> Page[Item]:
    """One window of a list with filters that no index covers.

    At most 2000 rows are examined per page, so that no page takes long. If too few of them match, the page is short or
    even empty, and the next page continues from there.
    """
    found: list[RowMapping] = []
    looked_at, step = 0, replace(window, limit=window.limit + 1)
    while True:
        keys = await walk(step)
        chunk, more = keys[: step.limit], len(keys) > step.limit
        if chunk:
            # By key, not by range: a range may span any number of other rows. Sorted here: ORDER BY would tempt the
            # planner to scan another index.
            picked = statement.where(among(conn, window.columns[0], chunk))
            rows = (await conn.execute(picked)).mappings().all()
            found += sorted(rows, key=window.key, reverse=window.descending)
        looked_at += len(chunk)
        if len(found) > window.limit or not more or looked_at >= MOST_LOOKED_AT:
            return window.page(found, make, looked_until=(chunk[-1],) if chunk else None, more=more)
        step = replace(step, bound=(chunk[-1],), limit=min(step.limit * 4, MOST_LOOKED_AT - looked_at))


def among(conn: AsyncConnection, column: Column[Any], keys: Sequence[str]) -> ColumnElement[bool]:
    """`column` is one of `keys`, sent as one parameter: thousands of parameters take longer than the query."""
    if conn.dialect.name == "sqlite":
        given = func.json_each(json.dumps(keys)).table_valued("value")
        return column.in_(select(given.c.value))
    return column == any_(literal(keys, ARRAY(column.type)))


def _read_cursor(cursor: str, columns: Iterable[Column[Any]]) -> tuple[str, Key]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        direction, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if direction not in ("next", "previous"):
            raise _bad_cursor()
        return direction, tuple(_value(value, column) for value, column in zip(values, columns, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _bad_cursor() from error


def _value(value: Any, column: Column[Any]) -> Any:
    if isinstance(column.type, Instant):
        return instant_of(value)
    if type(value) is not column.type.python_type:
        raise _bad_cursor()
    if isinstance(value, str):
        value.encode()  # a database accepts neither lone surrogates nor NUL
        if "\0" in value:
            raise _bad_cursor()
    elif abs(value) > _BIGGEST_INTEGER:
        raise _bad_cursor()
    return value


def _bad_cursor() -> Invalid:
    reason = "is not a cursor of this list"
    return Invalid(f"page {reason}", code="invalid_pagination", details={"page": reason})

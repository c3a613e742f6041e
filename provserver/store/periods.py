"""Time ranges in lists sorted by id. Ids start with their creation time, so the index on the id narrows the range."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.ids import new_id
from provserver.store.pages import Walk, Window, fetch_keys
from provserver.store.types import EPOCH

_APART = timedelta(hours=1)  # most time between `created_at` of a row and the creation of its id, in one transaction
_EARLIEST, _LATEST = EPOCH + _APART, datetime(4200, 1, 1, tzinfo=UTC)  # the range that ids can express


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to but not including `until`, in a list of ids with `prefix`; None is no bound."""

    prefix: str
    since: datetime | None
    until: datetime | None

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def first(self) -> str | None:
        """Lower bound of the ids."""
        return None if self.since is None else self._id(self.since, -_APART)

    @property
    def end(self) -> str | None:
        """Upper bound of the ids, not included."""
        return None if self.until is None else self._id(self.until, _APART)

    def exact(self, table: Table) -> Iterator[ColumnElement[bool]]:
        """The conditions on `created_at` of `table`."""
        if self.since is not None:
            yield table.c.created_at >= self.since
        if self.until is not None:
            yield table.c.created_at < self.until

    def walk(self, conn: AsyncConnection, here: Sequence[ColumnElement[bool]]) -> Walk:
        """Scan the rows matching `here` within the id bounds. A few at either end may lie outside of the period."""

        async def keys(window: Window) -> Sequence[str]:
            # One bound at each end: given two, the database seeks to one of them and reads on to the other.
            ids = window.columns[0]
            start, stop = (self.end, self.first) if window.descending else (self.first, self.end)
            if start is not None and window.covers((start,)):
                window = replace(window, bound=(start,))
            statement = select(ids).where(*here)
            if stop is not None:
                statement = statement.where(ids >= stop if window.descending else ids < stop)
            return await fetch_keys(conn, statement, window)

        return keys

    def near(self, ids: Column[Any]) -> Iterator[ColumnElement[bool]]:
        """The id bounds as conditions."""
        if self.first is not None:
            yield ids >= self.first
        if self.end is not None:
            yield ids < self.end

    def _id(self, at: datetime, apart: timedelta) -> str:
        return new_id(self.prefix, min(max(at, _EARLIEST), _LATEST) + apart, bytes(10))

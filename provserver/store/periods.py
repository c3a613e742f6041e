"""Periods of time in lists of what happened, which are sorted by ids that begin with the time of their making."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.ids import new_id
from provserver.store.pages import Walk, Window, fetch_keys
from provserver.store.types import EPOCH

_APART = timedelta(hours=1)  # at most, from the time that a row tells to the making of its id in that transaction
_EARLIEST, _LATEST = EPOCH + _APART, datetime(4200, 1, 1, tzinfo=UTC)  # what ids have room for


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to but not including `until`, in a list of ids that begin with `prefix`; None is no bound."""

    prefix: str
    since: datetime | None
    until: datetime | None

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def first(self) -> str | None:
        """No id in it is lower."""
        return None if self.since is None else self._id(self.since, -_APART)

    @property
    def end(self) -> str | None:
        """All ids in it are lower."""
        return None if self.until is None else self._id(self.until, _APART)

    def exact(self, table: Table) -> Iterator[ColumnElement[bool]]:
        """What the rows of `table` tell themselves."""
        if self.since is not None:
            yield table.c.created_at >= self.since
        if self.until is not None:
            yield table.c.created_at < self.until

    def walk(self, conn: AsyncConnection, here: Sequence[ColumnElement[bool]]) -> Walk:
        """Along those of the rows that are `here`, a few at either end not in the period yet, or not any more."""

        async def keys(window: Window) -> Sequence[str]:
            # One bound at each end: of two at one end a database takes either, and reads on to the other.
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
        """The conditions of that walk."""
        if self.first is not None:
            yield ids >= self.first
        if self.end is not None:
            yield ids < self.end

    def _id(self, at: datetime, apart: timedelta) -> str:
        return new_id(self.prefix, min(max(at, _EARLIEST), _LATEST) + apart, bytes(10))

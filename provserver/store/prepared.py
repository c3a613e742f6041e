"""Frequently executed statements. For SQLite they are compiled once and bypass SQLAlchemy.

SQLAlchemy's work per execution takes several times as long as SQLite needs for a statement of the phone path.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Executable, Select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

from provserver.store.direct import DirectConnection

Row = Sequence[Any]
Values = Mapping[str, Any]
_Process = Callable[[Any], Any] | None
_Shape = tuple[tuple[str, int | None], ...]  # names of values, and the length of each that is a list


async def fetch_rows(conn: AsyncConnection, statement: Select[Any], values: Values) -> Sequence[Row]:
    """The rows of a query.

    `statement` must be built only once; a value that is a list is for an expanding parameter.
    """
    direct = DirectConnection.behind(conn)
    if direct is None:
        found: Sequence[Row] = (await conn.execute(statement, values)).all()
        return found
    values = {name: _padded(value) if isinstance(value, list) else value for name, value in values.items()}
    prepared = _prepared(statement, conn.dialect, _shape_of(values))
    rows = direct.fetch(prepared.text, prepared.parameters(values))
    return [prepared.row(row) for row in rows] if prepared.results else rows


async def fetch_mappings(conn: AsyncConnection, statement: Select[Any], values: Values) -> Sequence[Mapping[Any, Any]]:
    """The same; each row is a mapping by the columns of `statement`."""
    if DirectConnection.behind(conn) is None:
        found: Sequence[Mapping[Any, Any]] = (await conn.execute(statement, values)).mappings().all()
        return found
    columns = _columns(statement)
    return [dict(zip(columns, row, strict=True)) for row in await fetch_rows(conn, statement, values)]


async def execute_all(conn: AsyncConnection, statement: Executable, rows: Sequence[Values]) -> None:
    """Execute `statement`, built only once, for each of `rows`, which all have the same names."""
    direct = DirectConnection.behind(conn)
    if direct is None:
        await conn.execute(statement, rows)
        return
    prepared = _prepared(statement, conn.dialect, _shape_of(rows[0]))
    direct.execute_many(prepared.text, [prepared.parameters(row) for row in rows])


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A compiled statement.

    `sources`: for each placeholder the name of its value, its index if that is a list (else -1), and its conversion.
    `constants`: values of the statement itself. `results`: conversions of the columns that need one.
    """

    text: str
    sources: tuple[tuple[str, int, _Process], ...]
    constants: Values
    results: tuple[tuple[int, Callable[[Any], Any]], ...]

    def parameters(self, values: Values) -> tuple[Any, ...]:
        """The values as driver parameters."""
        given = {**self.constants, **values} if self.constants else values
        found = ((given[name] if at < 0 else given[name][at], process) for name, at, process in self.sources)
        return tuple(process(value) if process else value for value, process in found)

    def row(self, row: Row) -> Row:
        """A row as SQLAlchemy would return it."""
        converted = list(row)
        for at, process in self.results:
            converted[at] = process(converted[at])
        return converted


@lru_cache(maxsize=128)
def _prepared(statement: Executable, dialect: Dialect, shape: _Shape) -> _Prepared:
    names = [name for name, _ in shape]
    compiled = statement.compile(dialect=dialect, column_keys=names)  # type: ignore[attr-defined]
    state = compiled.construct_expanded_state({name: None if size is None else [None] * size for name, size in shape})
    places = {one: (name, at) for name, several in state.parameter_expansion.items() for at, one in enumerate(several)}
    placed = [places.get(one, (one, -1)) for one in state.positiontup]
    return _Prepared(
        state.statement,
        tuple((name, at, _bind(compiled, name, dialect)) for name, at in placed),
        {name: value for name, value in compiled.params.items() if name not in names},
        _results(statement, dialect),
    )


@lru_cache(maxsize=32)
def _columns(statement: Select[Any]) -> tuple[ColumnElement[Any], ...]:
    return tuple(statement.selected_columns)


def _bind(compiled: SQLCompiler, name: str, dialect: Dialect) -> _Process:
    return compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)


def _results(statement: Executable, dialect: Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    columns = _columns(statement) if isinstance(statement, Select) else ()
    found = (
        (at, column.type.dialect_impl(dialect).result_processor(dialect, None)) for at, column in enumerate(columns)
    )
    return tuple((at, process) for at, process in found if process)


def _shape_of(values: Values) -> _Shape:
    return tuple((name, len(value) if isinstance(value, list) else None) for name, value in values.items())


def _padded(values: list[Any]) -> list[Any]:
    """The same set of values, padded to one of few lengths, so that few statements are compiled."""
    size = 1 << max(len(values) - 1, 0).bit_length()
    return [*values, *values[-1:] * (size - len(values))]

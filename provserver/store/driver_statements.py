"""Statements as a driver takes them, for what is written by the thousand.

SQLAlchemy looks at each value, which takes longer than the database does.
"""

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Dialect, Insert, Update


@dataclass(frozen=True, slots=True)
class DriverStatement:
    """`text` for `exec_driver_sql`, and whose values it takes in which order."""

    text: str
    names: tuple[str, ...]


@lru_cache(maxsize=16)
def driver_statement(statement: Insert | Update, dialect: Dialect) -> DriverStatement:
    """The statement for this driver. Its values must be as they are stored."""
    compiled = statement.compile(dialect=dialect)
    return DriverStatement(str(compiled), tuple(compiled.positiontup or ()))

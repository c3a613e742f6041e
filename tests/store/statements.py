"""Watching what the database is asked, and asking it how it would answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from provserver.store.database import Database

Statement = tuple[str, Any]


@contextmanager
def watched(db: Database) -> Iterator[list[Statement]]:
    """The statements, with their parameters, that the block sends; without those that begin transactions."""
    sent: list[Statement] = []

    def note(_conn: Any, _cursor: Any, text: str, parameters: Any, _context: Any, _many: Any) -> None:
        if not text.startswith("BEGIN"):
            sent.append((text, parameters))

    for engine in db.engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in db.engines:
            event.remove(engine, "before_cursor_execute", note)


async def plan_of(db: Database, statement: Statement) -> list[str]:
    """The steps of SQLite's query plan for exactly this statement."""
    text, parameters = statement
    async with db.read() as conn:
        rows = await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
        return [row.detail for row in rows]


async def slow_steps(db: Database, statements: list[Statement]) -> list[str]:
    """The steps that grow with the table: full scans, and sorting."""
    steps = [step for statement in statements for step in await plan_of(db, statement)]
    return [step for step in steps if (step.startswith("SCAN ") and not _harmless(step)) or "TEMP B-TREE" in step]


def _harmless(step: str) -> bool:
    # A scan of a derived table, in the order of an index under a LIMIT with nothing to filter; of the few kinds; of
    # keys that were found before.
    return step.startswith(("SCAN (subquery", "SCAN CONSTANT", "SCAN anon_1")) or step == "SCAN kinds"

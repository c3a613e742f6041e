"""What CockroachDB and YugabyteDB lack, do by halves, or pay dearly for, of what PostgreSQL has.

The suite runs on PostgreSQL, where a statement with any of this would work. So every statement that the suite sends
there is held to this list.
"""

import re
from typing import Any

from sqlalchemy import Engine, event

_LACKING = {
    "notification channels": r"^\s*(?:UN)?LISTEN\b|^\s*NOTIFY\b|\bpg_notify\b",
    "advisory locks": r"\bpg_\w*advisory\w*",
    "locks on whole tables": r"^\s*LOCK\b",
    "triggers, functions, rules and extensions": r"\bCREATE\s+(?:OR\s+REPLACE\s+)?"
    r"(?:CONSTRAINT\s+TRIGGER|TRIGGER|FUNCTION|PROCEDURE|RULE|EXTENSION)\b|^\s*DO\b",
    "types and domains of one's own": r"\b(?:CREATE|ALTER)\s+(?:TYPE|DOMAIN)\b",
    "temporary tables": r"\bCREATE\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP(?:ORARY)?\b",
    "numbers that the database counts up": r"\b(?:BIG|SMALL)?SERIAL\b|\bAS\s+IDENTITY\b"
    r"|\bnextval\b|\bCREATE\s+SEQUENCE\b",
    "constraints that wait or exclude": r"\bDEFERRABLE\b|\bEXCLUDE\s+USING\b|^\s*SET\s+CONSTRAINTS\b",
    "inheritance and partitions": r"\bINHERITS\b|\bPARTITION\s+(?:BY|OF)\b",
    "other indexes than trees": r"\bUSING\s+(?:gin|gist|spgist|brin|hash)\b",
    "another type for a column": r"\bALTER\s+COLUMN\s+\S+\s+(?:SET\s+DATA\s+)?TYPE\b",
    "where a row lies": r"\b(?:ctid|xmin|xmax)\b",
    "cursors and COPY": r"^\s*(?:DECLARE|FETCH|COPY)\b",
    "full text, XML": r"\bto_ts(?:vector|query)\b|\bxml\w*\(",
}
_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _LACKING.items()}


def lacking(statement: str) -> list[str]:
    """What of `statement` a distributed database may not have."""
    return [name for name, pattern in _PATTERNS.items() if pattern.search(statement)]


def hold_every_statement() -> None:
    """From now on a statement to PostgreSQL with any of this fails, whoever sends it by SQLAlchemy."""

    @event.listens_for(Engine, "before_cursor_execute")
    def hold(conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        ours = conn.dialect.name == "postgresql" and "pg_catalog." not in statement  # else SQLAlchemy looks at tables
        found = lacking(statement) if ours else []
        assert not found, f"a distributed database has no {', '.join(found)}: {statement}"

"""Stored responses to create requests, for Idempotency-Key. Encrypted, because they may contain new secrets."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.errors import Conflict
from provserver.store.schema import idempotency_keys
from provserver.store.sealing import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """A response and its request. `scope`: owner and path. `answer`: any JSON value."""

    scope: str
    key: str
    request_hash: str
    status: int
    answer: Any = field(repr=False)
    created_at: datetime


async def find_answer(
    conn: AsyncConnection, sealer: Sealer, scope: str, key: str, *, since: datetime
) -> FirstAnswer | None:
    """The stored response for this key, not older than `since`, or None."""
    stored = idempotency_keys.c
    statement = select(idempotency_keys).where(stored.scope == scope, stored.key == key, stored.created_at >= since)
    row = (await conn.execute(statement)).first()
    if row is None:
        return None
    return FirstAnswer(
        scope=scope,
        key=key,
        request_hash=row.request_hash,
        status=row.status,
        answer=sealer.open_json(row.answer_sealed),
        created_at=row.created_at,
    )


async def remember_answer(conn: AsyncConnection, sealer: Sealer, first: FirstAnswer, *, since: datetime) -> None:
    """Store a response, replacing one older than `since`.

    Raises `Conflict` with code `idempotency_conflict` if a concurrent request with the same key was faster.
    """
    stored = idempotency_keys.c
    outdated = (stored.scope == first.scope, stored.key == first.key, stored.created_at < since)
    await conn.execute(delete(idempotency_keys).where(*outdated))
    plain = ("scope", "key", "request_hash", "status", "created_at")
    values = {name: getattr(first, name) for name in plain} | {"answer_sealed": sealer.seal_json(first.answer)}
    try:
        await conn.execute(insert(idempotency_keys).values(values))
    except IntegrityError as error:
        reason = "a request with this Idempotency-Key has just been answered"
        raise Conflict(reason, code="idempotency_conflict") from error


async def forget_answers(conn: AsyncConnection, before: datetime) -> int:
    """Delete responses older than `before` and return the number."""
    return (await conn.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at < before))).rowcount

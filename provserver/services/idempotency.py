"""Idempotency-Key: a repeated create request gets the first response."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from provserver.domain.errors import Conflict
from provserver.services.change import Change
from provserver.store import idempotency
from provserver.store.idempotency import FirstAnswer

__all__ = ["FirstAnswer", "IdempotentRequest", "first_answer", "remember"]

_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request with an Idempotency-Key: owner and path (`scope`), the key, and the hash of its body."""

    scope: str
    key: str
    request_hash: str


async def first_answer(change: Change, repeat: IdempotentRequest) -> FirstAnswer | None:
    """The stored response, or None for the first request.

    Raises `Conflict` with code `idempotency_conflict` if the key was used with another body.
    """
    since = change.at - _KEPT
    first = await idempotency.find_answer(change.conn, change.sealer, repeat.scope, repeat.key, since=since)
    if first is not None and first.request_hash != repeat.request_hash:
        raise Conflict("this Idempotency-Key was used with another body", code="idempotency_conflict")
    return first


async def remember(change: Change, repeat: IdempotentRequest, status: int, answer: Any) -> None:
    """Store the response for 24 hours, in the transaction of the request."""
    first = FirstAnswer(
        scope=repeat.scope,
        key=repeat.key,
        request_hash=repeat.request_hash,
        status=status,
        answer=answer,
        created_at=change.at,
    )
    await idempotency.forget_answers(change.conn, change.at - _KEPT)
    await idempotency.remember_answer(change.conn, change.sealer, first, since=change.at - _KEPT)

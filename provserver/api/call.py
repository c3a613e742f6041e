"""A validated request with its caller and account, and the answer to it."""

import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel

from provserver.api.authentication import Caller
from provserver.api.errors import json_answer
from provserver.api.face import ApiFace
from provserver.domain.device import Account
from provserver.domain.errors import Conflict, Invalid
from provserver.services import idempotency
from provserver.services.change import Actor, Change
from provserver.services.idempotency import FirstAnswer, IdempotentRequest
from provserver.store.database import Connection

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

Query = TypeVar("Query")
Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a JSON body, or none."""

    status: int
    body: BaseModel | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """Convert to an HTTP response."""
        if self.body is None:
            return web.Response(status=self.status, headers=self.headers)
        response = json_answer(self.plain(), self.status)
        response.headers.update(self.headers)
        return response

    def plain(self) -> Any:
        """The body as plain JSON."""
        return None if self.body is None else self.body.model_dump(mode="json", by_alias=True)


class AlreadyAnswered(Exception):
    """The request was answered before under the same Idempotency-Key. Not an error, so not a `ProvserverError`."""

    def __init__(self, first: FirstAnswer) -> None:
        super().__init__(first.key)
        self.first = first


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """The argument of handlers. `path`: ids from the path. `query` and `body` are validated."""

    face: ApiFace
    caller: Caller
    path: dict[str, str]
    query: Query
    body: Body
    request_id: str
    request: web.Request

    @property
    def account(self) -> Account:
        """The account; always set on routes with scope `account`."""
        if self.caller.account is None:
            raise LookupError("a route without an account asked for one")
        return self.caller.account

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A read transaction."""
        return self.face.database.read()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Change]:
        """A write transaction. Raises `AlreadyAnswered` if the request was answered before."""
        repeat = self._repeat()
        try:
            async with self.face.database.write() as conn:
                change = self._change(conn)
                if repeat:
                    await _refuse_repetition(change, repeat)
                yield change
        except Conflict:
            if repeat:
                # PostgreSQL runs equal requests concurrently; the later one then conflicts with the row of the other.
                async with self.face.database.write() as conn:
                    await _refuse_repetition(self._change(conn), repeat)
            raise

    async def created(self, change: Change, body: BaseModel) -> Answer:
        """201; stored in the same transaction for a repeat of this request."""
        answer = Answer(201, body)
        if repeat := self._repeat():
            await idempotency.remember(change, repeat, answer.status, answer.plain())
        return answer

    def _change(self, conn: Connection) -> Change:
        actor = Actor(self.caller.key.id, self.request_id, self.request.remote)
        return Change(conn, self.face.database.sealer, self.face.sources, actor, self.face.sources.now())

    def _repeat(self) -> IdempotentRequest | None:
        key = self.request.headers.get("Idempotency-Key")
        if key is None or self.request.method != "POST" or not isinstance(self.body, BaseModel):
            return None
        if not _KEY.fullmatch(key):
            reason = "must be 1 to 255 visible ASCII characters"
            raise Invalid(f"Idempotency-Key {reason}", details={"Idempotency-Key": reason})
        account_id = self.caller.account.id if self.caller.account else "-"
        said = json.dumps(self.body.model_dump(mode="json", exclude_unset=True), sort_keys=True)
        return IdempotentRequest(
            scope=f"{self.caller.key.id} {account_id} {self.request.path}",
            key=key,
            request_hash=hashlib.sha256(said.encode()).hexdigest(),
        )


async def _refuse_repetition(change: Change, repeat: IdempotentRequest) -> None:
    """Raise `AlreadyAnswered` if the request was answered before."""
    first = await idempotency.first_answer(change, repeat)
    if first is not None:
        raise AlreadyAnswered(first)

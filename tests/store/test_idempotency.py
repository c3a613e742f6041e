from dataclasses import replace

import pytest

from provserver.domain.errors import Conflict
from provserver.store.database import Database
from provserver.store.idempotency import FirstAnswer, find_answer, forget_answers, remember_answer
from provserver.store.sealing import Sealer

from .builders import START, after

FIRST = FirstAnswer(
    scope="key_1", key="abc", request_hash="h", status=201, answer={"id": "dev_1", "key": "sk"}, created_at=after(10)
)


async def test_a_repeated_request_finds_its_first_answer_and_nobody_elses(db: Database, sealer: Sealer) -> None:
    async with db.write() as conn:
        await remember_answer(conn, sealer, FIRST, since=START)
        assert await find_answer(conn, sealer, "key_1", "abc", since=START) == FIRST
        assert await find_answer(conn, sealer, "key_2", "abc", since=START) is None
        assert await find_answer(conn, sealer, "key_1", "abcd", since=START) is None
    assert "sk" not in repr(FIRST).replace("'key_1'", "")


async def test_of_two_requests_at_once_one_is_told_so(db: Database, sealer: Sealer) -> None:
    async with db.write() as conn:
        await remember_answer(conn, sealer, FIRST, since=START)
        with pytest.raises(Conflict) as caught:
            await remember_answer(conn, sealer, replace(FIRST, created_at=after(11)), since=START)
    assert caught.value.code == "idempotency_conflict"


async def test_an_expired_key_can_be_used_again(db: Database, sealer: Sealer) -> None:
    again = replace(FIRST, status=200, created_at=after(100))
    async with db.write() as conn:
        await remember_answer(conn, sealer, FIRST, since=START)
        assert await find_answer(conn, sealer, "key_1", "abc", since=after(11)) is None
        await remember_answer(conn, sealer, again, since=after(11))
        assert await find_answer(conn, sealer, "key_1", "abc", since=after(11)) == again


async def test_old_answers_are_forgotten(db: Database, sealer: Sealer) -> None:
    async with db.write() as conn:
        await remember_answer(conn, sealer, FIRST, since=START)
        assert await forget_answers(conn, after(10)) == 0
        assert await forget_answers(conn, after(11)) == 1

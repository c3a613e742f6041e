import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provserver.domain.device import Account
from provserver.domain.errors import Invalid
from provserver.store.accounts import insert_account, list_accounts
from provserver.store.assignments import insert_assignment, list_lines
from provserver.store.database import Database
from provserver.store.devices import insert_device
from provserver.store.pages import PageRequest
from provserver.store.sealing import Sealer
from provserver.store.unknown_devices import list_unknown, record_unknown
from provserver.store.users import insert_user

from .builders import account, after, assignment, device, unknown, user


@pytest.fixture
async def thirteen(db: Database) -> list[Account]:
    made = [account(name=str(number)) for number in range(13)]
    async with db.write() as conn:
        for each in made:
            await insert_account(conn, each)
    return made[::-1]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(1, 6)), max_size=20))
async def test_any_walk_forwards_and_backwards_shows_the_list_without_gap_or_double(
    db: Database, thirteen: list[Account], steps: list[tuple[bool, int]]
) -> None:
    whole = thirteen
    async with db.read() as conn:
        page = await list_accounts(conn, PageRequest(3))
        start = 0
        for forwards, limit in steps:
            end = start + len(page.items)
            assert page.items == whole[start:end]
            assert (page.previous_cursor is None) == (start == 0)
            assert (page.next_cursor is None) == (end == len(whole))
            cursor = page.next_cursor if forwards else page.previous_cursor
            if cursor is None:
                continue
            page = await list_accounts(conn, PageRequest(limit, cursor))
            start = end if forwards else max(0, start - limit)
            assert len(page.items) == min(limit, len(whole) - end) if forwards else True


async def test_a_list_that_fits_has_no_cursors(db: Database, thirteen: list[Account]) -> None:
    async with db.read() as conn:
        page = await list_accounts(conn, PageRequest(13))
    assert (page.items, page.next_cursor, page.previous_cursor) == (thirteen, None, None)


async def test_an_empty_list_has_no_cursors(db: Database) -> None:
    async with db.read() as conn:
        page = await list_accounts(conn, PageRequest())
    assert (page.items, page.next_cursor, page.previous_cursor) == ([], None, None)


async def test_what_is_created_while_somebody_pages_neither_doubles_nor_hides_anything(
    db: Database, thirteen: list[Account]
) -> None:
    async with db.read() as conn:
        first = await list_accounts(conn, PageRequest(5))
    async with db.write() as conn:
        newcomer = account(name="new")
        await insert_account(conn, newcomer)
        second = await list_accounts(conn, PageRequest(5, first.next_cursor))
        back = await list_accounts(conn, PageRequest(5, second.previous_cursor))
        top = await list_accounts(conn, PageRequest(5, back.previous_cursor))
    assert second.items == thirteen[5:10]
    assert back.items == first.items
    assert top.items == [newcomer]


def _cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "%%%",
        "é",
        "AAAA",
        "e30",
        _cursor(),
        _cursor("next"),
        _cursor("up", "acct_1"),
        _cursor("next", 1),
        _cursor("next", None),
        _cursor("next", ["acct_1"]),
        _cursor("next", "acct_1", "acct_2"),
        _cursor("next", "\ud800"),
        _cursor("next", "\0"),
        _cursor(["next"], "acct_1"),
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
    ],
)
async def test_a_cursor_that_was_not_made_here_is_refused(db: Database, cursor: str) -> None:
    async with db.read() as conn:
        with pytest.raises(Invalid) as refused:
            await list_accounts(conn, PageRequest(10, cursor))
    assert refused.value.code == "invalid_pagination"
    assert set(refused.value.details) == {"page"}


@pytest.mark.parametrize("values", [("x", "y"), (10**30, "000413000001"), (1, 2), (None, "000413000001")])
async def test_a_cursor_with_an_impossible_time_is_refused(db: Database, values: tuple[Any, ...]) -> None:
    async with db.read() as conn:
        with pytest.raises(Invalid):
            await list_unknown(conn, PageRequest(10, _cursor("next", *values)))


@pytest.mark.parametrize("value", [2**31, -(2**40), True, 1.5])
async def test_a_cursor_with_an_impossible_number_is_refused(db: Database, sealer: Sealer, value: Any) -> None:
    async with db.read() as conn:
        with pytest.raises(Invalid):
            await list_lines(conn, sealer, "dev_1", PageRequest(10, _cursor("next", value)))


async def test_a_list_by_time_pages_through_equal_times(db: Database) -> None:
    seen = [unknown(last_seen_at=after(number // 4)) for number in range(12)]
    async with db.write() as conn:
        await record_unknown(conn, seen, bound=100)
        walked, request = [], PageRequest(3)
        while True:
            page = await list_unknown(conn, request)
            walked += page.items
            if page.next_cursor is None:
                break
            request = PageRequest(3, page.next_cursor)
        back = await list_unknown(conn, PageRequest(3, page.previous_cursor))
    assert walked == sorted(seen, key=lambda each: (each.last_seen_at, each.mac), reverse=True)
    assert back.items == walked[6:9]


async def test_lines_page_from_the_first_line_up(db: Database, sealer: Sealer, acme: Account) -> None:
    phone = device(acme.id)
    async with db.write() as conn:
        await insert_device(conn, sealer, phone)
        for line in range(1, 6):
            who = user(acme.id)
            await insert_user(conn, sealer, who)
            await insert_assignment(conn, assignment(phone, who, line))
        first = await list_lines(conn, sealer, phone.id, PageRequest(2))
        second = await list_lines(conn, sealer, phone.id, PageRequest(2, first.next_cursor))
        back = await list_lines(conn, sealer, phone.id, PageRequest(2, second.previous_cursor))
    assert [line.line_number for line, _ in first.items + second.items] == [1, 2, 3, 4]
    assert back == first

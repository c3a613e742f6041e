from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select

from provserver.domain.device import Account, DeviceStatus
from provserver.store import assignments, devices, users
from provserver.store import migrate as migrate_module
from provserver.store.database import Database
from provserver.store.migrate import migrate
from provserver.store.schema import usage_absences, usage_steps, usage_totals
from provserver.store.sealing import Sealer
from provserver.store.usage import Span, close_spans, open_span, usage

from .builders import START, after, assignment, device, user


def _span(account_id: str, user_id: str, device_id: str, seconds: float = 0) -> Span:
    return Span(account_id=account_id, user_id=user_id, device_id=device_id, started_at=after(seconds))


async def test_a_user_counts_once_however_many_devices(db: Database) -> None:
    async with db.write() as conn:
        for span in (("a", "jane", "one"), ("a", "jane", "two"), ("a", "john", "one"), ("b", "eve", "x")):
            await open_span(conn, _span(*span))
        assert await usage(conn, None, START, after(1)) == [("a", 2), ("b", 1)]
        assert await usage(conn, "a", START, after(1)) == [("a", 2)]
        assert await usage(conn, "none", START, after(1)) == []


async def test_only_those_count_who_were_provisioned_within_the_period(db: Database) -> None:
    async with db.write() as conn:
        for user_id, seconds in (("past", 10), ("present", 30), ("future", 90)):
            await open_span(conn, _span("a", user_id, "x", seconds))
        await close_spans(conn, at=after(20), user_id="past")
        assert await usage(conn, "a", after(20), after(90)) == [("a", 1)]
        assert await usage(conn, "a", after(19), after(91)) == [("a", 3)]


async def test_a_running_span_is_not_started_twice_and_a_closed_one_stays_closed(db: Database) -> None:
    async with db.write() as conn:
        await open_span(conn, _span("a", "jane", "x", 10))
        await open_span(conn, _span("a", "jane", "x", 20))
        await open_span(conn, _span("a", "john", "x", 20))
        await close_spans(conn, at=after(30), device_id="x", user_id="jane")
        await close_spans(conn, at=after(50), device_id="x")
        assert await usage(conn, "a", after(30), after(60)) == [("a", 1)]
        await open_span(conn, _span("a", "jane", "x", 70))
        assert await usage(conn, "a", after(60), after(80)) == [("a", 1)]


async def test_what_was_counted_before_counts_existed_is_counted_the_same(db: Database) -> None:
    """An upgrade finds nothing but spans: of users with several, that overlap, meet, and have a break between them."""
    async with db.write() as conn:
        for seconds, user_id, device_id in ((10, "jane", "x"), (12, "jane", "y"), (10, "john", "x"), (15, "eve", "z")):
            await open_span(conn, _span("a" if user_id != "eve" else "b", user_id, device_id, seconds))
        await open_span(conn, _span("a", "john", "y", 20))
        await close_spans(conn, at=after(20), device_id="x")
        await close_spans(conn, at=after(20), user_id="eve")
        await open_span(conn, _span("b", "eve", "z", 40))
        await close_spans(conn, at=after(25), user_id="jane")
        await open_span(conn, _span("a", "jane", "x", 50))
    counted = await _counts(db)
    async with db.write() as conn:
        await conn.run_sync(_alembic, command.downgrade, "0011")
    assert await migrate(db)
    assert await _counts(db) == counted
    async with db.write() as conn:
        await close_spans(conn, at=after(60), device_id="x")
        assert await usage(conn, None, after(55), after(70)) == [("a", 2), ("b", 1)]
        assert await usage(conn, None, after(60), after(70)) == [("a", 1), ("b", 1)]
        assert await usage(conn, None, after(30), after(35)) == [("a", 1)]


def _alembic(connection: Connection, way: Callable[[Config, str], None], version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate_module.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    way(config, version)


async def _counts(db: Database) -> list[list[tuple[Any, ...]]]:
    async with db.read() as conn:
        tables = usage_totals, usage_steps, usage_absences
        return [sorted(tuple(row) for row in await conn.execute(select(table))) for table in tables]


async def test_whose_spans_end_must_be_said(db: Database) -> None:
    async with db.write() as conn:
        with pytest.raises(ValueError, match="whose"):
            await close_spans(conn, at=START)


@pytest.mark.parametrize("ending", ["unassigned", "device deleted", "user deleted"])
async def test_a_user_counts_on_a_provisioned_device_until_the_two_part(
    db: Database, sealer: Sealer, acme: Account, ending: str
) -> None:
    phone, jane = device(acme.id, status=DeviceStatus.PROVISIONED), user(acme.id)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        await users.insert_user(conn, sealer, jane)
        await assignments.insert_assignment(conn, assignment(phone, jane, created_at=after(10)))
        assert await usage(conn, acme.id, START, after(10)) == []
        if ending == "unassigned":
            await assignments.remove_assignment(conn, phone.id, jane.id, at=after(20))
        elif ending == "device deleted":
            await devices.delete_device(conn, acme.id, phone.id, at=after(20))
        else:
            await users.delete_user(conn, acme.id, jane.id, at=after(20))
        assert await usage(conn, acme.id, after(19), after(30)) == [(acme.id, 1)]
        assert await usage(conn, acme.id, after(20), after(30)) == []

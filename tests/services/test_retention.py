"""Events are kept as long as the configuration says, and no longer: a database must not grow for ever."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from provserver.domain.errors import StoreUnavailable
from provserver.services import retention
from provserver.services.retention import Retention
from provserver.services.sources import Sources
from provserver.store.accounts import insert_account
from provserver.store.database import Database
from provserver.store.events import events_after, insert_events, prune_events
from tests.store.builders import account, after, device, event

DAY = 86_400


async def _happened(db: Database, count: int) -> list[str]:
    """Events, one a second from START on; their ids."""
    acme = account()
    made = [event(device(acme.id), created_at=after(number)) for number in range(count)]
    async with db.write() as conn:
        await insert_account(conn, acme)
        await insert_events(conn, made)
    return [one.id for one in made]


async def _left(db: Database) -> list[str]:
    async with db.read() as conn:
        return [one.id for one in await events_after(conn, None, None, 10_000)]


async def test_what_is_too_old_goes_in_small_steps(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_STEP", 4)
    ids = await _happened(database, 12)
    a_day_later = Sources(clock=lambda: after(10) + timedelta(seconds=DAY))
    assert await Retention(database, a_day_later, DAY).round() == 10
    assert await _left(database) == ids[10:]


@pytest.mark.parametrize("failure", [None, StoreUnavailable("away"), RuntimeError("a mistake")])
async def test_a_server_prunes_by_itself(
    database: Database, monkeypatch: pytest.MonkeyPatch, failure: Exception | None
) -> None:
    """Also after a round that failed: else the database would grow until a restart."""
    monkeypatch.setattr(retention, "_ROUND_SECONDS", 0.001)
    ids = await _happened(database, 3)
    a_day_later = Sources(clock=lambda: after(1) + timedelta(seconds=DAY))
    to_raise = [failure] if failure else []

    async def prune(*asked: Any, **how: Any) -> int:
        if to_raise:
            raise to_raise.pop()
        return await prune_events(*asked, **how)

    monkeypatch.setattr(retention, "prune_events", prune)
    running = asyncio.create_task(Retention(database, a_day_later, DAY).run())
    async with asyncio.timeout(60):
        while len(await _left(database)) == len(ids):
            pass
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await _left(database) == ids[1:]

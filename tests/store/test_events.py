import asyncio
from typing import Any

from provserver.domain.device import Account
from provserver.store.database import Database
from provserver.store.events import EventFilter, events_after, insert_events, list_events, prune_events
from provserver.store.pages import PageRequest

from .builders import after, device, event


async def test_an_event_comes_back_whole(db: Database, acme: Account) -> None:
    phone = device(acme.id)
    full = event(
        phone,
        source_ip="2001:db8::1",
        user_agent="Mozilla/4.0 (compatible; snomD785)",
        file="snomD785.htm",
        status=200,
        bytes=12345,
        proof="window",
        request_id="r1",
        details={"model": "D785", "nested": [1, None]},
    )
    async with db.write() as conn:
        await insert_events(conn, [full])
        await insert_events(conn, [])
        page = await list_events(conn, acme.id, phone.id, EventFilter(), PageRequest())
    assert page.items == [full]


async def test_more_events_than_go_into_one_statement_are_all_stored(db: Database, acme: Account) -> None:
    """SQLite takes 32,766 values at a time; what is past that must not be lost with all the rest."""
    many = [event(device(acme.id)) for _ in range(32_766 // 13 + 1)]
    async with db.write() as conn:
        await insert_events(conn, many)
        stored = await events_after(conn, acme.id, None, len(many) + 1)
    assert len(stored) == len(many)


async def test_events_are_chosen_by_type_and_time_and_never_shown_to_another_account(
    db: Database, acme: Account, other: Account
) -> None:
    phone = device(acme.id)
    happened = [event(phone, created_at=after(n), type="updated" if n % 2 else "config_fetch") for n in range(6)]
    async with db.write() as conn:
        await insert_events(conn, happened)

        async def found(account: Account = acme, **chosen: Any) -> list[int]:
            page = await list_events(conn, account.id, phone.id, EventFilter(**chosen), PageRequest())
            return [happened.index(each) for each in page.items]

        assert await found() == [5, 4, 3, 2, 1, 0]
        assert await found(type="updated") == [5, 3, 1]
        assert await found(since=after(2), until=after(5)) == [4, 3, 2]
        assert await found(type="updated", since=after(2)) == [5, 3]
        assert await found(account=other) == []


async def test_a_stream_goes_on_after_the_last_event_it_has_sent(db: Database, acme: Account, other: Account) -> None:
    mine = [event(device(acme.id)) for _ in range(3)]
    theirs = event(device(other.id))
    async with db.write() as conn:
        await insert_events(conn, [*mine, theirs])
        assert await events_after(conn, acme.id, None, 2) == mine[:2]
        assert await events_after(conn, acme.id, mine[1].id, 2) == mine[2:]
        assert await events_after(conn, None, mine[1].id, 10) == [mine[2], theirs]


async def test_old_events_go_in_bounded_steps(db: Database, acme: Account) -> None:
    happened = [event(device(acme.id), created_at=after(n)) for n in range(10)]
    async with db.write() as conn:
        await insert_events(conn, happened)
        steps = [await prune_events(conn, after(5), limit=3) for _ in range(3)]
        assert steps == [3, 2, 0]
        assert await events_after(conn, None, None, 100) == happened[5:]


async def test_several_instances_prune_at_once(db: Database, acme: Account) -> None:
    """Each looks for old events by itself, often at the same moment: none waits in vain, none goes too far."""
    happened = [event(device(acme.id), created_at=after(n)) for n in range(40)]
    async with db.write() as conn:
        await insert_events(conn, happened)
    steps = [db.add(lambda conn: prune_events(conn, after(30), limit=20)) for _ in range(4)]
    assert sum(await asyncio.gather(*steps)) <= 30
    await db.add(lambda conn: prune_events(conn, after(30)))
    async with db.read() as conn:
        assert await events_after(conn, None, None, 100) == happened[30:]

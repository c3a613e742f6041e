"""Under a load that the database cannot follow, what is lost is what nobody waits for, and it is counted.

What is written is decided when it is written: a window that others have taken meanwhile is not given away twice.
"""

import asyncio

from provserver.domain.device import Device
from provserver.services.fetching.contacts import ContactWriter, WindowTaken
from provserver.store import accounts, devices
from provserver.store.database import Database
from provserver.store.events import EventFilter, list_events
from provserver.store.pages import PageRequest
from tests.store.builders import account, after, contact, device, event


async def test_who_waits_for_an_answer_does_not_stand_behind_those_who_do_not(database: Database) -> None:
    phone, shed = device(account().id), []
    writer = ContactWriter(database, lambda: shed.append(1), limit=3_000)
    for _ in range(3_200):
        writer.submit(event(phone))
    writer.start()
    await writer.submit_durably(contact(phone))
    assert writer.waiting > 2_000
    assert len(shed) == 200
    await writer.flush()
    assert writer.waiting == 0
    await writer.stop()


async def test_of_two_addresses_that_are_written_at_once_one_has_the_window_and_the_other_leaves_no_trace(
    database: Database,
) -> None:
    acme = account()
    armed, shut = (device(acme.id, window_until=until) for until in (after(9), None))
    async with database.write() as conn:
        await accounts.insert_account(conn, acme)
        for each in (armed, shut):
            await devices.insert_device(conn, database.sealer, each)
    writer = ContactWriter(database)
    writer.start()
    taken = [
        contact(of, pin_address=address, provisions=True, event=event(of, source_ip=address))
        for of, address in ((armed, "192.0.2.1"), (armed, "192.0.2.2"), (armed, "192.0.2.1"), (shut, "192.0.2.1"))
    ]
    outcomes = await asyncio.gather(*map(writer.submit_durably, taken), return_exceptions=True)
    await writer.stop()
    assert [type(outcome) for outcome in outcomes] == [type(None), WindowTaken, type(None), WindowTaken]
    assert await _sources(database, armed) == ["192.0.2.1", "192.0.2.1"]
    assert await _sources(database, shut) == []


async def _sources(database: Database, phone: Device) -> list[str | None]:
    async with database.read() as conn:
        stored = await devices.get_device(conn, database.sealer, phone.account_id, phone.id)
        events = await list_events(conn, phone.account_id, phone.id, EventFilter(), PageRequest())
    assert stored
    assert stored.window_address == (events.items[0].source_ip if events.items else None)
    return [one.source_ip for one in events.items]

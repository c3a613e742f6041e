"""Under a load that the database cannot follow, what is lost is what nobody waits for, and it is counted."""

from provserver.services.contacts import ContactWriter
from provserver.store.database import Database
from tests.store.builders import account, contact, device, event


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

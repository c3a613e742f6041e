"""How many phones a second become provisioned for good, as in the first minute after a delivery of new ones."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from provserver.domain.device import DeviceStatus, Event
from provserver.services.fetching.contacts import ContactWriter
from provserver.store.contacts import Contact
from provserver.store.database import Database
from provserver.store.schema import devices
from provserver.store.sealing import Sealer
from tests.bench.plan import Plan
from tests.bench.population import embedded, key_file_of, populate
from tests.bench.rows import Row
from tests.store import builders

_AT_ONCE = 500  # phones that wait until theirs is durable


def contact_rows(plan: Plan) -> Iterator[Row]:
    """The writer of one process over SQLite, where every phone waits for its own; the rest of a fetch is not in it."""
    data_dir = plan.place("contacts") / "data"
    key_file, url = key_file_of(data_dir), embedded(data_dir)
    plan.say(f"{plan.devices:,} devices into a database")
    asyncio.run(populate(key_file, url, plan.devices, 0))
    plan.say("first contacts")
    count, seconds, used = asyncio.run(_contacting(key_file, url))
    case = "first contacts, durable"
    yield Row(
        case, f"{used / count * 1e6:,.0f} µs of CPU", f"{count:,} phones", count / seconds, 2_000, "/s", at_least=True
    )


async def _contacting(key_file: Path, url: str) -> tuple[int, float, float]:
    """How many there were, and the seconds and processor seconds that they took."""
    database = Database.open(url, Sealer.from_key_file(key_file))
    writer, turn = ContactWriter(database), asyncio.Semaphore(_AT_ONCE)
    contacts = await _first_contacts(database)
    writer.start()

    async def contact(one: Contact) -> None:
        async with turn:
            await writer.submit_durably(one)

    used, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(contact(one) for one in contacts))
    taken = time.perf_counter() - began, time.process_time() - used
    async with database.read() as conn:
        left = await conn.scalar(select(devices.c.id).where(devices.c.status == DeviceStatus.PENDING_SYNC).limit(1))
    if left:
        raise RuntimeError(f"{left} has contacted and is not provisioned")
    await writer.stop()
    await database.close()
    return len(contacts), *taken


async def _first_contacts(database: Database) -> list[Contact]:
    column, at = devices.c, builders.after(9)
    async with database.read() as conn:
        rows = await conn.execute(select(column.id, column.account_id, column.mac))
        return [
            Contact(
                device_id=row.id,
                account_id=row.account_id,
                source_ip="192.0.2.1",
                event=Event(
                    id=builders.identifier("evt"),
                    account_id=row.account_id,
                    device_id=row.id,
                    type="config_fetch",
                    created_at=at,
                    source_ip="192.0.2.1",
                    user_agent="Yealink SIP-T46S 66.86.0.15",
                    file=f"{row.mac}.cfg",
                    status=200,
                    bytes=26_000,
                    proof="window",
                    request_id="req_" + "0" * 32,
                ),
                provisions=True,
                stamp="s",
                etag='"e"',
                base_url="http://phones.example.com",
                at=at,
            )
            for row in rows
        ]

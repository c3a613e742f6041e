from dataclasses import replace

from provserver.domain.device import Account
from provserver.store.database import Database
from provserver.store.devices import insert_device
from provserver.store.pages import PageRequest
from provserver.store.sealing import Sealer
from provserver.store.unknown_devices import forget_unknown, list_unknown, record_unknown

from .builders import after, device, unknown


async def test_sightings_of_one_mac_add_up(db: Database) -> None:
    first = unknown(vendor="grandstream", model="GXP2170", count=2, first_seen_at=after(10), last_seen_at=after(20))
    later = replace(first, model=None, source_ip="192.0.2.2", count=3, first_seen_at=after(25), last_seen_at=after(30))
    early = replace(first, vendor=None, source_ip="192.0.2.3", count=1, first_seen_at=after(5), last_seen_at=after(6))
    async with db.write() as conn:
        await record_unknown(conn, [first], 10)
        await record_unknown(conn, [later, replace(early, count=4)], 10)
        await record_unknown(conn, [early], 10)
        page = await list_unknown(conn, PageRequest())
    assert page.items == [replace(later, model="GXP2170", count=10, first_seen_at=after(5))]


async def test_the_list_is_bounded_and_drops_who_was_not_seen_for_longest(db: Database) -> None:
    seen = [unknown(last_seen_at=after(number)) for number in range(8)]
    async with db.write() as conn:
        await record_unknown(conn, seen[4:], 5)
        await record_unknown(conn, seen[:4], 5)
        page = await list_unknown(conn, PageRequest())
    assert page.items == seen[:2:-1]


async def test_a_mac_that_got_its_device_meanwhile_does_not_come_back_as_unknown(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    phone = device(acme.id)
    async with db.write() as conn:
        await insert_device(conn, sealer, phone)
        await record_unknown(conn, [unknown(mac=phone.mac)], 5)
        await record_unknown(conn, [], 5)
        assert (await list_unknown(conn, PageRequest())).items == []


async def test_a_mac_can_be_taken_off_the_list(db: Database) -> None:
    seen = unknown()
    async with db.write() as conn:
        await record_unknown(conn, [seen], 5)
        assert await forget_unknown(conn, seen.mac)
        assert not await forget_unknown(conn, seen.mac)

from dataclasses import replace

from provserver.domain.device import Account, DeviceStatus
from provserver.domain.mac import Mac
from provserver.domain.proofs import Secret
from provserver.store import assignments, devices, layers, users
from provserver.store.database import Database
from provserver.store.fetches import Found, find, find_by_mac
from provserver.store.occupants import occupants_of
from provserver.store.sealing import Sealer

from .builders import after, assignment, device, user
from .statements import watched


async def test_a_fetch_reads_the_device_with_everything_above_it(
    db: Database, sealer: Sealer, acme: Account, other: Account
) -> None:
    phone = device(acme.id, token="a token", status=DeviceStatus.PROVISIONED, window_until=after(9))
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        for number, owner in enumerate((layers.PLATFORM, acme.id, phone.id, other.id)):
            await layers.write_layer(conn, sealer, owner, {"number": number}, at=after(1))
        assert phone.mac is not None
        record = await find_by_mac(conn, phone.mac)
        assert await find(conn, None, "a token") == Found(record, Secret.CURRENT)
    assert record is not None
    assert record.device == replace(phone, token=None, revision=1)
    assert record.account == replace(acme, revision=1)
    assert record.platform_revision == 1
    assert record.open_layers(sealer) == ({"number": 0}, {"number": 1}, {"number": 2})
    assert record.open_token(sealer) == "a token"
    assert "sealed" not in repr(record)


async def test_a_device_without_any_layer_or_token_is_found_all_the_same(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    phone = device(acme.id)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        assert phone.mac is not None
        record = await find_by_mac(conn, phone.mac)
    assert record is not None
    assert (record.device, record.account, record.platform_revision) == (phone, acme, 0)
    assert record.open_layers(sealer) == ({}, {}, {})
    assert record.open_token(sealer) is None


async def test_an_unknown_mac_or_token_finds_nothing(db: Database) -> None:
    async with db.read() as conn:
        assert await find_by_mac(conn, Mac("000413000000")) is None
        assert await find(conn, None, "none") == Found(None, Secret.UNKNOWN)
        assert await find(conn, Mac("000413000000"), "none") == Found(None, Secret.UNKNOWN)


async def test_the_phone_path_sends_two_statements_however_much_is_stored(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    phone = device(acme.id)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        for line in range(1, 13):
            who = user(acme.id)
            await users.insert_user(conn, sealer, who)
            await assignments.insert_assignment(conn, assignment(phone, who, line))
    assert phone.mac is not None
    with watched(db) as sent:
        async with db.read() as conn:
            await find_by_mac(conn, phone.mac)
            assert len(await occupants_of(conn, sealer, phone.id)) == 12
    assert len(sent) == 2

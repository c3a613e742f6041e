from dataclasses import replace
from typing import Any

import pytest

from provserver.domain.device import Account, DeviceStatus, DeviceType, MulticellRole
from provserver.domain.errors import Conflict, Contended
from provserver.domain.mac import Mac
from provserver.store import device_lists, devices, layers
from provserver.store.database import Database
from provserver.store.sealing import Sealer

from .builders import after, device, handset


async def test_every_field_of_a_device_comes_back(db: Database, sealer: Sealer, acme: Account) -> None:
    master = device(acme.id, type=DeviceType.DECT_BASE, multicell_role=MulticellRole.DATA_MASTER)
    full = device(
        acme.id,
        type=DeviceType.DECT_BASE,
        multicell_role=MulticellRole.SECONDARY,
        data_master_id=master.id,
        name="Émile",
        vendor="snom",
        model="M900",
        firmware_version="1.2",
        status=DeviceStatus.PROVISIONED,
        location="Hall",
        revision=7,
        token="a token",
        window_until=after(1),
        window_address="192.0.2.1",
        fetched_stamp="a.1.2.3",
        fetched_etag='"x"',
        fetched_base_url="http://x",
        current_ip_address="192.0.2.1",
        last_provisioned_at=after(2),
        last_seen_at=after(3),
    )
    cordless = handset(full, ipei="01234ABCDE", slot_number=2)
    async with db.write() as conn:
        for each in (master, full, cordless):
            await devices.insert_device(conn, sealer, each)
        assert await devices.get_device(conn, sealer, acme.id, full.id) == replace(full, revision=8)  # the handset
        assert full.mac is not None
        assert await devices.find_by_mac(conn, sealer, full.mac) == replace(full, revision=8)


async def test_a_device_of_another_account_is_not_there(
    db: Database, sealer: Sealer, acme: Account, other: Account
) -> None:
    phone = device(acme.id)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        assert await devices.get_device(conn, sealer, other.id, phone.id) is None
        assert await devices.update_device(conn, sealer, other.id, phone.id, at=after(1), name="x") is None
        assert not await devices.delete_device(conn, other.id, phone.id, at=after(1))
        assert await devices.get_device(conn, sealer, acme.id, phone.id) == phone


async def test_a_mac_is_unique_over_all_accounts(db: Database, sealer: Sealer, acme: Account, other: Account) -> None:
    phone = device(acme.id)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        with pytest.raises(Conflict) as caught:
            await devices.insert_device(conn, sealer, device(other.id, mac=phone.mac))
    assert caught.value.code == "mac_address_taken"
    assert acme.id not in str(caught.value.details) + caught.value.message


async def test_an_ipei_is_unique_in_its_account_and_a_slot_on_its_base(
    db: Database, sealer: Sealer, acme: Account, other: Account
) -> None:
    base, elsewhere = device(acme.id, type=DeviceType.DECT_BASE), device(other.id, type=DeviceType.DECT_BASE)
    async with db.write() as conn:
        for each in (base, elsewhere):
            await devices.insert_device(conn, sealer, each)
            await devices.insert_device(conn, sealer, handset(each, ipei="01234ABCDE", slot_number=1))
        with pytest.raises(Conflict, match="ipei is taken"):
            async with conn.begin_nested():
                await devices.insert_device(conn, sealer, handset(base, ipei="01234ABCDE"))
        with pytest.raises(Contended):
            async with conn.begin_nested():
                await devices.insert_device(conn, sealer, handset(base, slot_number=1))


@pytest.mark.parametrize(
    ("changes", "raised"),
    [
        ({"name": "New"}, 1),
        ({"mac": Mac("000413ffffff"), "model": "D785"}, 1),
        ({"mac": None}, 1),
        ({"token": "another"}, 1),
        ({"token": None}, 1),
        ({"status": DeviceStatus.PENDING_SYNC, "window_until": after(9), "window_address": None}, 0),
        ({"last_seen_at": after(1)}, 0),
        ({}, 0),
    ],
)
async def test_a_change_raises_the_revision_unless_it_was_only_observed(
    db: Database, sealer: Sealer, acme: Account, changes: dict[str, Any], raised: int
) -> None:
    phone = device(acme.id, token="a token")
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        changed = await devices.update_device(conn, sealer, acme.id, phone.id, at=after(5), **changes)
    assert changed == replace(phone, **changes, revision=raised, updated_at=after(5))


async def test_a_taken_mac_is_refused_on_update_too(db: Database, sealer: Sealer, acme: Account) -> None:
    one, two = device(acme.id), device(acme.id)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, one)
        await devices.insert_device(conn, sealer, two)
        with pytest.raises(Conflict) as caught:
            await devices.update_device(conn, sealer, acme.id, two.id, at=after(1), mac=one.mac)
    assert caught.value.code == "mac_address_taken"


async def test_a_handset_that_comes_changes_moves_or_goes_makes_its_bases_files_stale(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    old, new = (device(acme.id, type=DeviceType.DECT_BASE) for _ in range(2))
    cordless = handset(old)
    async with db.write() as conn:

        async def revisions() -> list[int]:
            found = [await devices.get_device(conn, sealer, acme.id, base.id) for base in (old, new)]
            return [base.revision for base in found if base]

        for base in (old, new):
            await devices.insert_device(conn, sealer, base)
        await devices.insert_device(conn, sealer, cordless)
        assert await revisions() == [1, 0]
        await devices.update_device(conn, sealer, acme.id, cordless.id, at=after(1), name="Cordless")
        assert await revisions() == [2, 0]
        await devices.update_device(conn, sealer, acme.id, cordless.id, at=after(1), base_id=new.id)
        assert await revisions() == [3, 1]
        await layers.write_layer(conn, sealer, cordless.id, {}, at=after(1))
        assert await revisions() == [3, 2]
        await devices.delete_device(conn, acme.id, cordless.id, at=after(1))
        assert await revisions() == [3, 3]


async def test_deleting_a_base_takes_its_handsets_and_their_settings_along(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    base = device(acme.id, type=DeviceType.DECT_BASE)
    cordless, secondary = handset(base), device(acme.id, type=DeviceType.DECT_BASE, data_master_id=base.id)
    async with db.write() as conn:
        for each in (base, cordless, secondary):
            await devices.insert_device(conn, sealer, each)
            await layers.write_layer(conn, sealer, each.id, {"abstractions": {}}, at=after(1))
        assert await devices.delete_device(conn, acme.id, base.id, at=after(2))
        assert await devices.get_device(conn, sealer, acme.id, cordless.id) is None
        left = await devices.get_device(conn, sealer, acme.id, secondary.id)
        revisions = [(await layers.read_layer(conn, sealer, each.id)).revision for each in (base, cordless, secondary)]
    assert left is not None
    assert left.data_master_id is None
    assert revisions == [0, 0, 1]


async def test_arming_opens_the_window_to_the_first_address(db: Database, sealer: Sealer, acme: Account) -> None:
    phone = device(acme.id, window_until=after(1), window_address="192.0.2.1")
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        await devices.open_window(conn, phone.id, until=after(100))
        armed = await devices.get_device(conn, sealer, acme.id, phone.id)
    assert armed == replace(phone, window_until=after(100), window_address=None)


async def test_handsets_are_listed_by_slot_for_every_base_asked_for(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    base, empty = (device(acme.id, type=DeviceType.DECT_BASE) for _ in range(2))
    second, first = handset(base, slot_number=2), handset(base, slot_number=1)
    async with db.write() as conn:
        for each in (base, empty, second, first):
            await devices.insert_device(conn, sealer, each)
        found = await device_lists.handsets_of_bases(conn, [base.id, empty.id])
    assert found == {base.id: [first, second], empty.id: []}


async def test_only_the_accounts_own_data_masters_are_offered(
    db: Database, sealer: Sealer, acme: Account, other: Account
) -> None:
    master, theirs = (
        device(each.id, type=DeviceType.DECT_BASE, multicell_role=MulticellRole.DATA_MASTER) for each in (acme, other)
    )
    async with db.write() as conn:
        for each in (master, theirs, device(acme.id, type=DeviceType.DECT_BASE, multicell_role=MulticellRole.SINGLE)):
            await devices.insert_device(conn, sealer, each)
        assert await device_lists.data_masters(conn, acme.id) == [master]

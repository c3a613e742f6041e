from dataclasses import replace
from typing import Any

import pytest

from provserver.domain.device import Account, Device, DeviceStatus, DeviceType, MulticellRole, Origin
from provserver.store import assignments, device_lists, devices, events, tokens, usage, users
from provserver.store.contacts import record_after, write_contacts
from provserver.store.database import Database
from provserver.store.fetches import find_by_mac, hash_token
from provserver.store.pages import PageRequest
from provserver.store.sealing import Sealer

from .builders import START, after, assignment, contact, device, event, user
from .statements import watched


async def _stored(db: Database, sealer: Sealer, phone: Device) -> Device:
    async with db.read() as conn:
        found = await devices.get_device(conn, sealer, phone.account_id, phone.id)
    assert found is not None
    return found


@pytest.fixture
async def phone(db: Database, sealer: Sealer, acme: Account) -> Device:
    stored = device(acme.id, vendor="snom", model="D785", window_until=after(1000), token="a token")
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, stored)
    return stored


async def test_a_phone_that_fetches_the_same_again_is_only_seen_again(
    db: Database, sealer: Sealer, phone: Device
) -> None:
    """Told without a look at the row; later news of the same device must not be lost by it, nor time run backwards."""
    fetch = {"provisions": True, "stamp": "a.0.0.0", "etag": '"x"', "base_url": "http://x"}
    again = contact(phone, after(5), known=True, **fetch)
    late = contact(phone, after(3), known=True, **fetch, source_ip="192.0.2.9")
    async with db.write() as conn:
        await write_contacts(conn, [contact(phone, after(1), **fetch)])
        first = await _stored(db, sealer, phone)
        assert await write_contacts(conn, [again]) == set()
        assert await write_contacts(conn, [late]) == set()
    assert await _stored(db, sealer, phone) == replace(
        first,
        status=DeviceStatus.PROVISIONED,
        fetched_stamp="a.0.0.0",
        fetched_etag='"x"',
        fetched_base_url="http://x",
        current_ip_address="192.0.2.1",
        last_provisioned_at=after(5),
        last_seen_at=after(5),
    )


@pytest.mark.parametrize(
    "told",
    [
        {"provisions": True, "stamp": "s", "etag": '"e"', "base_url": "http://x"},
        {"pin_address": "192.0.2.1"},
        {"provisions": True, "close_window": True},
        {"model": "T54W", "vendor": "yealink", "firmware": "1"},
        {"provisions": True, "shown_token_hash": hash_token("second")},
    ],
)
async def test_what_a_contact_makes_of_a_record_is_what_is_stored(
    db: Database, sealer: Sealer, phone: Device, told: dict[str, Any]
) -> None:
    """It is remembered without another look; where it differed, each phone would be looked up once more."""
    assert phone.mac
    async with db.write() as conn:
        await tokens.replace_token(conn, sealer, phone.id, "second", overlap=True)
        before = await find_by_mac(conn, phone.mac)
        one = contact(phone, after(1), **told)
        await write_contacts(conn, [one])
        stored = await find_by_mac(conn, phone.mac)
    assert before
    assert stored == record_after(before, one)


async def test_a_file_that_does_not_configure_is_a_contact_and_no_fetch(
    db: Database, sealer: Sealer, phone: Device
) -> None:
    async with db.write() as conn:
        await write_contacts(conn, [contact(phone, after(2))])
    stored = await _stored(db, sealer, phone)
    assert (stored.last_seen_at, stored.last_provisioned_at) == (after(2), None)
    assert stored.status is DeviceStatus.PENDING_SYNC


async def test_the_first_configuration_fetch_provisions_a_phone_and_notes_what_it_is(
    db: Database, sealer: Sealer, phone: Device
) -> None:
    first = contact(
        phone,
        after(1),
        model="D865",
        firmware="10.1",
        provisions=True,
        stamp="a.0.0.0",
        etag='"x"',
        base_url="http://x",
    )
    async with db.write() as conn:
        assert await write_contacts(conn, [first]) == {phone.id}
    assert await _stored(db, sealer, phone) == replace(
        phone,
        model="D865",
        firmware_version="10.1",
        status=DeviceStatus.PROVISIONED,
        fetched_stamp="a.0.0.0",
        fetched_etag='"x"',
        fetched_base_url="http://x",
        current_ip_address="192.0.2.1",
        last_provisioned_at=after(1),
        last_seen_at=after(1),
    )


async def test_a_fetch_of_a_common_file_is_seen_but_provisions_nothing(
    db: Database, sealer: Sealer, phone: Device
) -> None:
    async with db.write() as conn:
        assert await write_contacts(conn, [contact(phone, after(1), stamp="a.0.0.0")]) == set()
    assert await _stored(db, sealer, phone) == replace(phone, last_seen_at=after(1), current_ip_address="192.0.2.1")


async def test_a_phone_becomes_provisioned_once(db: Database, phone: Device) -> None:
    async with db.write() as conn:
        assert await write_contacts(conn, [contact(phone, after(n), provisions=True) for n in (1, 2)]) == {phone.id}
        assert await write_contacts(conn, [contact(phone, after(3), provisions=True)]) == set()


async def test_of_several_contacts_the_latest_wins_in_whatever_order_they_come(
    db: Database, sealer: Sealer, phone: Device
) -> None:
    later = contact(phone, after(5), provisions=True, stamp="later", source_ip="192.0.2.5", model="D5")
    earlier = contact(phone, after(4), provisions=True, stamp="earlier", source_ip="192.0.2.4", model="D4")
    async with db.write() as conn:
        await write_contacts(conn, [later, earlier])
    once = await _stored(db, sealer, phone)
    assert (once.fetched_stamp, once.current_ip_address, once.model) == ("later", "192.0.2.5", "D5")
    assert (once.last_seen_at, once.last_provisioned_at) == (after(5), after(5))
    async with db.write() as conn:
        await write_contacts(conn, [replace(earlier, event=event(phone))])
    assert await _stored(db, sealer, phone) == once


@pytest.mark.parametrize(
    ("window", "told", "expected"),
    [
        ({"window_until": after(9)}, {"pin_address": "192.0.2.1"}, (after(9), "192.0.2.1")),
        ({"window_until": after(9), "window_address": "old"}, {"pin_address": "192.0.2.1"}, (after(9), "old")),
        ({}, {"pin_address": "192.0.2.1"}, (None, None)),
        ({"window_until": after(9), "window_address": "old"}, {"close_window": True}, (None, None)),
        ({"window_until": after(9)}, {"close_window": True, "pin_address": "192.0.2.1"}, (None, None)),
    ],
)
async def test_the_window_is_bound_to_the_first_address_and_closed_when_told(
    db: Database, sealer: Sealer, acme: Account, window: dict[str, Any], told: dict[str, Any], expected: object
) -> None:
    armed = device(acme.id, **window)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, armed)
        await write_contacts(conn, [contact(armed, after(1), **told)])
    stored = await _stored(db, sealer, armed)
    assert (stored.window_until, stored.window_address) == expected


async def test_a_phone_that_tells_another_vendor_has_no_model_but_what_it_tells(
    db: Database, sealer: Sealer, phone: Device
) -> None:
    """A model or firmware of the vendor that it was taken for would be shown as this one's."""
    async with db.write() as conn:
        guessed = {"vendor_source": Origin.MAC_ADDRESS, "type_source": Origin.MAC_ADDRESS}
        await devices.update_device(conn, sealer, phone.account_id, phone.id, at=after(0), **guessed)
        await write_contacts(conn, [contact(phone, after(1), vendor="yealink", type=DeviceType.DECT_BASE)])
    now = await _stored(db, sealer, phone)
    assert (now.vendor, now.vendor_source, now.model) == ("yealink", Origin.USER_AGENT, None)
    assert (now.type, now.type_source) == (DeviceType.DECT_BASE, Origin.USER_AGENT)
    assert now.multicell_role is MulticellRole.SINGLE


async def test_what_somebody_has_named_since_a_phone_was_served_stays(
    db: Database, sealer: Sealer, phone: Device
) -> None:
    """Contacts are written a little later, and must not undo what an administrator was just told is so."""
    told = contact(phone, after(1), vendor="yealink", model="W70B", type=DeviceType.DECT_BASE)
    async with db.write() as conn:
        await write_contacts(conn, [told])
    now = await _stored(db, sealer, phone)
    assert (now.vendor, now.model, now.type) == ("snom", "D785", DeviceType.DESKPHONE)


async def test_a_detected_model_or_vendor_is_found_by_search(
    db: Database, sealer: Sealer, acme: Account, phone: Device
) -> None:
    async with db.write() as conn:
        guessed = {"vendor_source": Origin.MAC_ADDRESS}
        await devices.update_device(conn, sealer, phone.account_id, phone.id, at=after(0), **guessed)
        await write_contacts(conn, [contact(phone, after(1), model="T54W", vendor="yealink")])
        for query, count in (("t54w", 1), ("yealink", 1), ("d785", 0), ("snom", 0)):
            chosen = device_lists.DeviceFilter(search=query)
            page = await device_lists.list_devices(conn, acme.id, chosen, PageRequest())
            assert (query, len(page.items)) == (query, count)


async def test_a_contact_of_a_deleted_device_leaves_its_event_and_harms_nobody(
    db: Database, acme: Account, phone: Device
) -> None:
    gone = device(acme.id)
    async with db.write() as conn:
        both = [contact(gone, provisions=True), contact(phone, provisions=True)]
        assert await write_contacts(conn, both) == {phone.id}
        listed = await events.list_events(conn, acme.id, gone.id, events.EventFilter(), PageRequest())
    assert listed.items == [both[0].event]


async def test_users_count_from_the_moment_their_phone_is_provisioned(
    db: Database, sealer: Sealer, acme: Account, phone: Device
) -> None:
    jane = user(acme.id)
    async with db.write() as conn:
        await users.insert_user(conn, sealer, jane)
        await assignments.insert_assignment(conn, assignment(phone, jane))
        assert await usage.usage(conn, None, START, after(1000)) == []
        await write_contacts(conn, [contact(phone, after(10), provisions=True)])
        assert await usage.usage(conn, None, START, after(10)) == []
        assert await usage.usage(conn, None, START, after(11)) == [(acme.id, 1)]


async def test_nothing_to_write_is_fine(db: Database) -> None:
    async with db.write() as conn:
        assert await write_contacts(conn, []) == set()


async def test_many_contacts_take_few_statements_and_always_the_same(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    """Connections keep statements compiled: one for each size of a group would take many megabytes."""
    phones = [device(acme.id) for _ in range(200)]
    async with db.write() as conn:
        for each in phones:
            await devices.insert_device(conn, sealer, each)
    counts = []
    different: set[str] = set()
    for part in (phones[:1], phones[1:10], phones[10:40], phones[40:100], phones[100:]):  # usage begins with the first
        with watched(db) as sent:
            async with db.write() as conn:
                await write_contacts(conn, [contact(each, after(1), provisions=True, stamp="s") for each in part])
        counts.append(len(sent))
        different |= {text for text, _ in sent}
    assert counts[1] <= 6
    assert max(counts[2:]) <= counts[1] + 4
    assert sum(one.startswith("INSERT INTO events") for one in different) <= 8

from typing import Any

import pytest

from provserver.domain.device import Account, Device, DeviceStatus, DeviceType
from provserver.domain.freshness import shared_stamp, stamp
from provserver.domain.mac import Mac
from provserver.store import device_lists, devices
from provserver.store.database import Database
from provserver.store.device_lists import DeviceFilter
from provserver.store.pages import PageRequest
from provserver.store.sealing import Sealer

from .builders import after, device, handset


@pytest.fixture
async def fleet(db: Database, sealer: Sealer, acme: Account, other: Account) -> dict[str, Device]:
    base = device(acme.id, type=DeviceType.DECT_BASE, name="Base", vendor="snom", model="M900", location="Hall")
    named = {
        "base": base,
        "cordless": handset(base, name="Cordless", ipei="01234ABCDE", status=DeviceStatus.PROVISIONED),
        "desk": device(acme.id, name="Front Desk", vendor="snom", model="D785", location="Hall 2"),
        "office": device(
            acme.id,
            name="Büro",
            vendor="yealink",
            model="T54W",
            mac=Mac("805ec0aabbcc"),
            status=DeviceStatus.PROVISIONED,
            revision=3,
            fetched_stamp=stamp("cat", 1, 2, 3),
        ),
        "old": device(acme.id, vendor="yealink", model="T46S", revision=13, fetched_stamp=stamp("cat", 1, 2, 12)),
    }
    async with db.write() as conn:
        for each in named.values():
            await devices.insert_device(conn, sealer, each)
        await devices.insert_device(conn, sealer, device(other.id, name="Front Desk", vendor="snom", location="Hall"))
    return named


async def _found(db: Database, account: Account, fleet: dict[str, Device], **chosen: Any) -> list[str]:
    names = {each.id: name for name, each in fleet.items()}
    async with db.read() as conn:
        page = await device_lists.list_devices(conn, account.id, DeviceFilter(**chosen), PageRequest())
    return [names[each.id] for each in page.items]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, "old office desk base"),
        ({"type": DeviceType.DECT_HANDSET}, "cordless"),
        ({"type": DeviceType.DECT_BASE}, "base"),
        ({"status": DeviceStatus.PROVISIONED}, "office"),
        ({"status": DeviceStatus.PENDING_SYNC, "vendor": "snom"}, "desk base"),
        ({"vendor": "yealink"}, "old office"),
        ({"model": "D785"}, "desk"),
        ({"location": "Hall"}, "base"),
        ({"vendor": "snom", "model": "T54W"}, ""),
    ],
)
async def test_filters_narrow_the_list_of_phones_and_bases(
    db: Database, acme: Account, fleet: dict[str, Device], chosen: dict[str, Any], expected: str
) -> None:
    assert await _found(db, acme, fleet, **chosen) == expected.split()


async def test_a_base_lists_its_handsets(db: Database, acme: Account, fleet: dict[str, Device]) -> None:
    assert await _found(db, acme, fleet, base_id=fleet["base"].id) == ["cordless"]


async def test_stale_means_fetched_and_changed_since(db: Database, acme: Account, fleet: dict[str, Device]) -> None:
    shared = shared_stamp("cat", 1, 2)
    assert await _found(db, acme, fleet, stale=True, shared_stamp=shared) == ["old"]
    assert await _found(db, acme, fleet, stale=False, shared_stamp=shared) == ["office", "desk", "base"]
    after_platform_change = shared_stamp("cat", 2, 2)
    assert await _found(db, acme, fleet, stale=True, shared_stamp=after_platform_change) == ["old", "office"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("front", "desk"),
        ("FRO des", "desk"),
        ("desk front", "desk"),
        ("ront", ""),
        ("büro", "office"),
        ("bu\u0308ro", "office"),
        ("snom", "desk base"),
        ("snom hall 2", "desk"),
        ("80:5e:c0:aa:bb:cc", "office"),
        ("80-5E-C0-AA-BB-CC", "office"),
        ("805e.c0aa.bbcc", "office"),
        ("805ec0", "office"),
        ("80:5e", "office"),
        ("aabbcc", "office"),
        ("yealink t54", "office"),
        ("yealink nothing", ""),
        ("", "old office desk base"),
        ("--", "old office desk base"),
    ],
)
async def test_search_finds_beginnings_of_words_in_any_spelling(
    db: Database, acme: Account, fleet: dict[str, Device], query: str, expected: str
) -> None:
    assert await _found(db, acme, fleet, search=query) == expected.split()


async def test_search_combines_with_filters_and_finds_ids_and_ipeis(
    db: Database, acme: Account, fleet: dict[str, Device]
) -> None:
    assert await _found(db, acme, fleet, search="snom", type=DeviceType.DECT_BASE) == ["base"]
    assert await _found(db, acme, fleet, search=fleet["desk"].id) == ["desk"]
    assert await _found(db, acme, fleet, search="01234abc", type=DeviceType.DECT_HANDSET) == ["cordless"]


async def test_a_changed_device_is_found_by_its_new_words_only(
    db: Database, sealer: Sealer, acme: Account, fleet: dict[str, Device]
) -> None:
    async with db.write() as conn:
        desk = fleet["desk"].id
        await devices.update_device(conn, sealer, acme.id, desk, at=after(1), name="Lobby", mac=Mac("000413ddeeff"))
    assert await _found(db, acme, fleet, search="front") == []
    assert await _found(db, acme, fleet, search="lobby 000413ddeeff") == ["desk"]


@pytest.mark.parametrize("rare", [1, 1000])
async def test_rare_and_broad_words_page_alike(
    db: Database, acme: Account, fleet: dict[str, Device], rare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provserver.store.search.RARE", rare)
    whole = [fleet[name].id for name in ("desk", "base")]
    async with db.read() as conn:
        chosen = DeviceFilter(search="sn hall")
        first = await device_lists.list_devices(conn, acme.id, chosen, PageRequest(1))
        second = await device_lists.list_devices(conn, acme.id, chosen, PageRequest(1, first.next_cursor))
        back = await device_lists.list_devices(conn, acme.id, chosen, PageRequest(1, second.previous_cursor))
    assert [each.id for each in first.items + second.items] == whole
    assert second.next_cursor is None
    assert back.items == first.items


async def test_lists_carry_no_tokens(db: Database, sealer: Sealer, acme: Account) -> None:
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, device(acme.id, token="a token"))
        page = await device_lists.list_devices(conn, acme.id, DeviceFilter(), PageRequest())
    assert [each.token for each in page.items] == [None]

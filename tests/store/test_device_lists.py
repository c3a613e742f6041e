import random
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from provserver.domain.device import Account, Device, DeviceStatus, DeviceType
from provserver.domain.freshness import shared_stamp, stamp
from provserver.domain.mac import Mac
from provserver.store import device_lists, devices
from provserver.store.database import Database
from provserver.store.device_lists import DeviceFilter
from provserver.store.device_rows import index_device, stored_device
from provserver.store.pages import PageRequest
from provserver.store.schema import devices as devices_table
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


_STATUSES = (DeviceStatus.PENDING_SYNC, DeviceStatus.PROVISIONED)
_CHOICES: dict[str, tuple[Any, ...]] = {
    "type": (DeviceType.DESKPHONE, DeviceType.DECT_BASE, DeviceType.DECT_HANDSET),
    "status": (*_STATUSES, DeviceStatus.UNPAIRED),
    "vendor": ("snom", "yealink", "", "sno"),
    "model": ("D785", "T54W|x", "", "D78"),
    "location": ("Hall", "Hall 2", ""),
}


@pytest.fixture
async def mixed(db: Database, sealer: Sealer, acme: Account, other: Account) -> list[Device]:
    """Newest first: some of each kind, in no order, of an account that is not alone."""
    chance = random.Random(7)  # noqa: S311 - the same for every run
    made = [
        device(
            acme.id if chance.random() < 0.8 else other.id,
            type=chance.choice(_CHOICES["type"]),
            status=chance.choice(_STATUSES),
            vendor=chance.choice(("snom", "snom", "yealink", None)),
            model=chance.choice(("D785", "T54W|x", None)),
            location=chance.choice(("Hall", "Hall 2", None)),
        )
        for _ in range(90)
    ]
    async with db.write() as conn:
        await conn.execute(insert(devices_table), [stored_device(each, sealer) for each in made])
        for each in made:
            await index_device(conn, each)
    return [each for each in reversed(made) if each.account_id == acme.id]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    wanted=st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in _CHOICES.items()}),
    word=st.sampled_from([None, None, "snom", "d785 hall"]),
    limit=st.integers(4, 30),
)
async def test_any_filters_together_page_through_exactly_what_they_let_through_both_ways(
    db: Database, acme: Account, mixed: list[Device], wanted: dict[str, Any], word: str | None, limit: int
) -> None:
    words = {None: (), "snom": ("snom",), "d785 hall": ("D785", "Hall")}[word]
    right = [
        each.id
        for each in mixed
        if all(getattr(each, name) == value for name, value in wanted.items())
        and ("type" in wanted or each.type is not DeviceType.DECT_HANDSET)
        and all(said in f"{each.vendor} {each.model} {each.location}" for said in words)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("provserver.store.search.RARE", 1)  # every word is broad
        async with db.read() as conn:
            chosen, cursor = DeviceFilter(**wanted, search=word), None
            pages: list[list[str]] = []
            while cursor or not pages:
                page = await device_lists.list_devices(conn, acme.id, chosen, PageRequest(limit, cursor))
                pages.append([each.id for each in page.items])
                cursor = page.next_cursor
            back = pages[-1:]
            while cursor := page.previous_cursor:
                page = await device_lists.list_devices(conn, acme.id, chosen, PageRequest(limit, cursor))
                back.insert(0, [each.id for each in page.items])
    assert [*chain(*pages)] == [*chain(*back)] == right


@pytest.mark.parametrize("chosen", [{"stale": True}, {"search": "d785 hall"}])
async def test_what_no_index_finds_is_looked_for_a_while_and_the_page_says_where_to_go_on(
    db: Database, acme: Account, mixed: list[Device], chosen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one page that finds nothing would walk through a million devices."""
    monkeypatch.setattr("provserver.store.search.RARE", 1)
    asked = DeviceFilter(**chosen, shared_stamp="x.")
    async with db.read() as conn:
        whole = await device_lists.list_devices(conn, acme.id, asked, PageRequest(100))
        monkeypatch.setattr("provserver.store.pages.MOST_LOOKED_AT", 5)
        pages, back = [await device_lists.list_devices(conn, acme.id, asked, PageRequest(3))], []
        while cursor := pages[-1].next_cursor:
            pages.append(await device_lists.list_devices(conn, acme.id, asked, PageRequest(3, cursor)))
        cursor = pages[-1].previous_cursor
        while cursor:
            back.append(await device_lists.list_devices(conn, acme.id, asked, PageRequest(3, cursor)))
            cursor = back[-1].previous_cursor
    assert len(pages) > 5
    assert [one for page in pages for one in page.items] == whole.items
    assert [one for page in [*back[::-1], pages[-1]] for one in page.items] == whole.items


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

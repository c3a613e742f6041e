"""Phones that ask again the short way get what the long way would give them: never older, never another's."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from provserver.domain.device import Device
from provserver.services.fetching.recording import Recorder
from provserver.store.devices import delete_device
from tests.listener import PhoneServer
from tests.phones.conftest import YEALINK_AGENT, MakeOffice, Office

MAC = "805ec0aabbcc"
AGENT = YEALINK_AGENT.format(mac=MAC)


@pytest.fixture
def short_ways(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows with each request that takes the short way."""
    found: list[object] = []
    seen = Recorder.seen

    def noted(recorder: Recorder, *told: Any) -> None:
        found.append(told)
        seen(recorder, *told)

    monkeypatch.setattr(Recorder, "seen", noted)
    return found


@pytest.fixture(params=[TestServer, PhoneServer], ids=["by its words", "by its bytes"])
async def known_phone(
    request: pytest.FixtureRequest, make_office: MakeOffice, short_ways: list[object]
) -> tuple[Office, Device, str]:
    """A phone that has fetched often enough to be known, and the path of its file."""
    office: Office = await make_office(listener=request.param)
    device, _ = await office.phone(MAC, "yealink")
    path = f"/p/{device.token}/{MAC}.cfg"
    for _ in range(4):
        assert (await office.get(path, AGENT)).status == 200
        await office.contacts.flush()
    assert short_ways, "this phone is not known after four fetches"
    if isinstance(office.client.server, PhoneServer):
        assert office.from_cache > 0
    return office, device, path


async def test_a_change_is_in_the_very_next_fetch(known_phone: tuple[Office, Device, str]) -> None:
    office, device, path = known_phone
    for number in range(3):
        await office.set_layer(device.id, {"sip": {"domain": f"new{number}.example.com"}})
        assert f"new{number}.example.com" in await (await office.get(path, AGENT)).text()


async def test_a_phone_is_told_of_its_clock_in_the_very_fetch_from_which_it_must_know(
    known_phone: tuple[Office, Device, str], short_ways: list[object]
) -> None:
    """Cuba has its summer time all winter long; from 14 March 2027 on its yearly rule is right again."""
    office, device, path = known_phone
    await office.set_layer(device.id, {"regional": {"timezone": "America/Havana"}})
    for _ in range(4):
        old = await (await office.get(path, AGENT)).text()
        await office.contacts.flush()
    assert "local_time.time_zone = -4\n" in old
    assert "local_time.summer_time = 0\n" in old
    known, etag = len(short_ways), (await office.get(path, AGENT)).headers["ETag"]
    office.clock.now = datetime(2027, 3, 14, 4, 59, tzinfo=UTC)
    assert (await office.get(path, AGENT, If_None_Match=etag)).status == 304
    assert len(short_ways) == known + 2, "not known any more, so nothing is tested of the short way"
    office.clock.advance(minutes=1)
    answer = await office.get(path, AGENT, If_None_Match=etag)
    assert answer.status == 200
    new = await answer.text()
    assert "local_time.time_zone = -5\n" in new
    assert "local_time.summer_time = 1\n" in new


async def test_every_fetch_leaves_its_event_with_an_id_of_its_own(
    known_phone: tuple[Office, Device, str], short_ways: list[object]
) -> None:
    office, device, path = known_phone
    before, known = await office.events(device), len(short_ways)
    assert (await office.get(path, AGENT)).status == 200
    etag = (await office.get(path, AGENT)).headers["ETag"]
    assert (await office.get(path, AGENT, If_None_Match=etag)).status == 304
    assert len(short_ways) == known + 3
    new = (await office.events(device))[: -len(before)]
    assert [event.type for event in new] == ["config_not_modified", "config_fetch", "config_fetch"]
    assert len({event.request_id for event in new}) == len({event.id for event in new}) == 3
    stored = await office.stored(device)
    assert stored.last_provisioned_at == new[0].created_at == stored.last_seen_at


async def test_a_range_of_the_file_is_looked_at_each_time(known_phone: tuple[Office, Device, str]) -> None:
    office, _, path = known_phone
    part = await office.get(path, AGENT, Range="bytes=0-9")
    assert (part.status, len(await part.read())) == (206, 10)


async def test_other_words_take_the_long_way(known_phone: tuple[Office, Device, str]) -> None:
    """Another phone with this one's token, or this one with a new firmware, is not who asked before."""
    office, device, path = known_phone
    assert (await office.get(path, YEALINK_AGENT.format(mac="805ec0aabbcd"))).status == 404
    assert (await office.get(path, AGENT.replace("66.86.0.15", "66.87.0.1"))).status == 200
    assert (await office.stored(device)).firmware_version == "66.87.0.1"


async def test_a_head_request_is_not_recorded(known_phone: tuple[Office, Device, str]) -> None:
    office, device, path = known_phone
    before = await office.events(device)
    assert (await office.get(path, AGENT, method="HEAD")).status == 200
    assert await office.events(device) == before


async def test_a_deleted_device_gets_nothing_any_more(known_phone: tuple[Office, Device, str]) -> None:
    office, device, path = known_phone
    async with office.database.write() as conn:
        await delete_device(conn, device.account_id, device.id, at=office.clock())
    assert (await office.get(path, AGENT)).status == 404

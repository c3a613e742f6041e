"""Secrets that are changed or taken away: who still has the old one is told, or let in no more."""

from typing import Any

from aiohttp.test_utils import TestClient

from provserver.api.face import ApiFace
from provserver.store import devices
from tests.api.client import Client
from tests.api.test_dect_fetches import FIRST, base, fetch, handset

Phones = TestClient[Any, Any]
AGENT = {"User-Agent": "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 000413000009)"}
FILE = "snomD785-000413000009.htm"


async def _state(api: Client, device: str) -> str:
    return str((await api.get(f"/v1/devices/{device}"))["config_state"])


async def test_a_new_sip_password_makes_every_device_of_the_user_stale(api: Client, phones: Phones) -> None:
    """A phone, and the base of a handset: both hold the old password until they have fetched again."""
    station = await base(api, FIRST)
    cordless = await handset(api, station, "0328A00001", "ada")
    (assigned,) = (await api.get(f"/v1/devices/{cordless}/users"))["data"]
    phone = await api.phone("00:04:13:00:00:09")
    await api.post(f"/v1/devices/{phone}/users", {"user_id": assigned["user_id"]}, expect=201)
    async with phones.get(f"/{FILE}", headers=AGENT) as answer:
        assert answer.status == 200
    await fetch(phones, FIRST)
    assert [await _state(api, device) for device in (station, phone)] == ["current", "current"]
    await api.post(f"/v1/users/{assigned['user_id']}", {"sip": {"password": "MARKED-new"}})
    assert [await _state(api, device) for device in (station, phone)] == ["stale", "stale"]
    async with phones.get(f"/{FILE}", headers=AGENT) as answer:
        assert "MARKED-new" in await answer.text()
    assert "MARKED-new" in (await fetch(phones, FIRST))[1]
    assert [await _state(api, device) for device in (station, phone)] == ["current", "current"]


async def test_a_deleted_device_takes_its_secret_address_along(api: Client, phones: Phones, face: ApiFace) -> None:
    """The next owner of the phone, or whoever kept the address, gets the 404 of everything else."""
    phone = await api.phone("00:04:13:00:00:09")
    async with face.database.read() as conn:
        stored = await devices.get_device(conn, face.database.sealer, str(api.account), phone)
    assert stored is not None
    async with phones.get(f"/p/{stored.token}/{FILE}", headers=AGENT) as answer:
        assert answer.status == 200
    await api.delete(f"/v1/devices/{phone}")
    answers = set()
    for path in (f"/p/{stored.token}/{FILE}", f"/p/{'a' * 32}/{FILE}", f"/{FILE}"):
        async with phones.get(path, headers=AGENT) as answer:
            answers.add((answer.status, await answer.text()))
    assert answers == {(404, "Not found\n")}
    again = await api.phone("00:04:13:00:00:09")
    async with phones.get(f"/p/{stored.token}/{FILE}", headers=AGENT) as answer:
        body = await answer.text()
    assert stored.token is not None
    assert stored.token not in body, "the same phone added again gets another secret"
    assert again != phone

"""A base fetches while people add, move and remove its handsets: what it gets, and what the API says then."""

import re
from typing import Any

from aiohttp.test_utils import TestClient

from tests.api.client import Client

FIRST, SECOND = "00:04:13:00:00:01", "00:04:13:00:00:02"
Phones = TestClient[Any, Any]


async def fetch(phones: Phones, mac: str, **headers: str) -> tuple[int, str, str]:
    """Status, text and entity tag of what the base gets."""
    bare = mac.replace(":", "").upper()
    agent = f"Mozilla/4.0 (compatible; Snom M900 07.90.0200 {bare.lower()})"
    named = {"User-Agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with phones.get(f"/snomM900-{bare}.htm", headers=named) as response:
        return response.status, await response.text(), response.headers.get("ETag", "")


def registered(body: str) -> dict[int, str]:
    """Account number -> SIP user name of the accounts that are switched on."""
    names = dict(re.findall(r'<user_name idx="(\d+)"[^>]*>([^<]*)</user_name>', body))
    active = dict(re.findall(r'<user_active idx="(\d+)"[^>]*>([^<]*)</user_active>', body))
    return {int(number): name for number, name in names.items() if name and active[number] == "on"}


def subscribed(body: str) -> dict[int, str]:
    """Slot -> IPEI of the handsets that the base lets in."""
    found = re.findall(r'<subscr_dect_ipui idx="(\d+)"[^>]*>0x([0-9A-F]{10})</subscr_dect_ipui>', body)
    return {int(slot): ipei for slot, ipei in found if ipei != "FFFFFFFFFF"}


async def base(api: Client, mac: str, **fields: Any) -> str:
    """An M900 whose lines have a server."""
    await api.post("/v1/account/config", {"abstractions": {"sip": {"domain": "pbx.example.com"}}})
    return await api.device(type="dect_base", mac_address=mac, model="M900", **fields)


async def handset(api: Client, station: str | None, ipei: str, username: str) -> str:
    """A handset with a user."""
    one = await api.device(ipei=ipei, **({"base_id": station} if station else {}))
    user = await api.user(username, sip={"username": username})
    await api.post(f"/v1/devices/{one}/users", {"user_id": user["id"]}, expect=201)
    return one


async def status(api: Client, device: str) -> str:
    """Where a device stands."""
    return str((await api.get(f"/v1/devices/{device}"))["status"])


async def test_removed_moved_and_added_handsets(api: Client, phones: Phones) -> None:
    """What stays keeps its slot and its account; what goes is switched off and no longer let in."""
    first, second = await base(api, FIRST), await base(api, SECOND)
    one, two, three = [await handset(api, first, f"0328A0000{n}", f"user{n}") for n in (1, 2, 3)]
    _, body, _ = await fetch(phones, FIRST)
    assert registered(body) == {1: "user1", 2: "user2", 3: "user3"}
    assert subscribed(body) == {1: "0328A00001", 2: "0328A00002", 3: "0328A00003"}

    await api.delete(f"/v1/devices/{one}")
    _, body, _ = await fetch(phones, FIRST)
    assert registered(body) == {2: "user2", 3: "user3"}
    assert subscribed(body) == {2: "0328A00002", 3: "0328A00003"}
    assert "user1" not in body

    await api.post(f"/v1/devices/{three}", {"base_id": second})
    _, body, _ = await fetch(phones, FIRST)
    assert registered(body) == {2: "user2"}
    _, other, _ = await fetch(phones, SECOND)
    assert (registered(other), subscribed(other)) == ({1: "user3"}, {1: "0328A00003"})

    await handset(api, first, "0328A00009", "user9")
    await api.post(f"/v1/devices/{three}", {"base_id": first})
    _, body, _ = await fetch(phones, FIRST)
    assert registered(body) == {1: "user9", 2: "user2", 3: "user3"}
    assert subscribed(body) == {1: "0328A00009", 2: "0328A00002", 3: "0328A00003"}

    await api.post(f"/v1/devices/{two}", {"base_id": None})
    _, body, _ = await fetch(phones, FIRST)
    assert subscribed(body) == {1: "0328A00009", 3: "0328A00003"}
    _, other, _ = await fetch(phones, SECOND)
    assert (registered(other), subscribed(other)) == ({}, {})


async def test_handset_is_provisioned_when_its_base_has_fetched_it_as_it_is(api: Client, phones: Phones) -> None:
    """A person at the desk wants to know whether this handset works, not whether its base is alive."""
    station = await base(api, FIRST)
    one, two = await handset(api, station, "0328A00001", "a"), await handset(api, station, "0328A00002", "b")
    assert await status(api, one) == "pending-sync"
    await fetch(phones, FIRST)
    assert [await status(api, device) for device in (station, one, two)] == ["provisioned"] * 3
    assert (await api.get(f"/v1/devices/{one}"))["last_provisioned_at"]

    await api.post(f"/v1/devices/{one}", {"overrides": {"abstractions": {"voicemail": {"number": "*98"}}}})
    assert [await status(api, device) for device in (one, two)] == ["pending-sync", "provisioned"]
    _, body, tag = await fetch(phones, FIRST)
    assert "*98" in body
    assert await status(api, one) == "provisioned"

    await api.post(f"/v1/devices/{two}", {"status": "pending-sync"})
    assert await status(api, two) == "pending-sync"
    answered, _, _ = await fetch(phones, FIRST, If_None_Match=tag)
    assert answered == 304, "the same bytes: it has them already"
    assert await status(api, two) == "provisioned"
    assert (await api.get(f"/v1/devices/{one}"))["config_state"] == "current"


async def test_promotion_makes_every_base_fetch_anew(api: Client, phones: Phones) -> None:
    """The handsets wait until their new data master has them."""
    old = await base(api, FIRST, multicell_role="data_master")
    new = await base(api, SECOND, multicell_role="secondary")
    one = await handset(api, old, "0328A00001", "a")
    chain = (await api.get(f"/v1/devices/{old}"))["chain_id"]
    for mac in (FIRST, SECOND):
        assert chain in (await fetch(phones, mac))[1]
    assert await status(api, one) == "provisioned"

    await api.post(f"/v1/devices/{new}", {"multicell_role": "data_master"})
    states = {device: (await api.get(f"/v1/devices/{device}"))["config_state"] for device in (old, new)}
    assert states == {old: "stale", new: "stale"}
    assert await status(api, one) == "pending-sync"
    _, body, _ = await fetch(phones, FIRST)
    assert (registered(body), chain in body) == ({}, True)
    assert await status(api, one) == "pending-sync"
    _, body, _ = await fetch(phones, SECOND)
    assert (registered(body), subscribed(body), chain in body) == ({1: "a"}, {1: "0328A00001"}, True)
    assert await status(api, one) == "provisioned"

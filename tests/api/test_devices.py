"""Devices: what they are, what may change, how they are listed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provserver.api.face import ApiFace
from provserver.domain.device import Event, UnknownDevice
from provserver.domain.mac import Mac
from provserver.services.settings.effective import render, stamp_of
from provserver.store.contacts import Contact
from provserver.store.fetches import find_by_id
from tests.api.client import Client, Clock


async def fetched(face: ApiFace, account: str | None, device: str, **facts: Any) -> None:
    """The phone fetches its file, as the phone side records it."""
    async with face.database.read() as conn:
        record = await find_by_id(conn, account or "", device)
    assert record
    who: dict[str, Any] = {"account_id": record.account.id, "device_id": device}
    now = face.sources.now()
    event = Event(**who, id=face.sources.new_id("evt"), type="config_fetch", created_at=now)
    file = {"stamp": stamp_of(record, face.catalogue, now), "etag": '"other"', "base_url": "http://phones.example.net"}
    face.contacts.submit(
        Contact(**who, **{**file, **facts}, at=now, source_ip="192.0.2.7", provisions=True, event=event)
    )


@pytest.mark.parametrize("mac", ["00:04:13:aa:bb:cc", "00-04-13-AA-BB-CC", "0004.13aa.bbcc", "000413AABBCC"])
async def test_mac_in_any_spelling(api: Client, mac: str) -> None:
    device = await api.get(f"/v1/devices/{await api.device(mac_address=mac)}")
    assert device["mac_address"] == "00:04:13:aa:bb:cc"


@pytest.mark.parametrize("mac", ["01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "0004:13aabbcc", "x"])
async def test_unusable_mac_is_400_naming_the_field(api: Client, mac: str) -> None:
    error = await api.post("/v1/devices", {"type": "deskphone", "mac_address": mac}, expect=400)
    assert list(error["details"]) == ["mac_address"]


async def test_vendor_by_prefix_by_name_or_not_at_all(api: Client) -> None:
    error = await api.post("/v1/devices", {"type": "deskphone", "mac_address": "02:99:99:00:00:01"}, expect=400)
    assert error["code"] == "unsupported_vendor"
    named = await api.device(type="deskphone", mac_address="02:99:99:00:00:01", vendor="Acme Telephones")
    assert (await api.get(f"/v1/devices/{named}"))["vendor"] == "acme"
    error = await api.post("/v1/devices", {"mac_address": "02:99:99:00:00:02", "vendor": "nobody"}, expect=400)
    assert (error["code"], list(error["details"])) == ("unsupported_vendor", ["vendor"])


async def test_type_follows_from_model_or_prefix(api: Client) -> None:
    created = await api.post("/v1/devices", {"mac_address": "00:15:65:00:00:01"}, expect=201)
    assert created["type"] == "deskphone"
    created = await api.post("/v1/devices", {"mac_address": "02:00:01:00:00:01", "model": "b2"}, expect=201)
    assert created["type"] == "dect_base"
    created = await api.post("/v1/devices", {"ipei": "0328A0000F"}, expect=201)
    assert created["type"] == "dect_handset"
    created = await api.post("/v1/devices", {"mac_address": "02:00:01:00:00:02"}, expect=201)
    assert created["type"] == "deskphone"
    created = await api.post("/v1/devices", {"mac_address": "02:00:01:70:00:01"}, expect=201)
    assert created["type"] == "dect_base"
    assert (await api.get(f"/v1/devices/{created['id']}"))["model"] == "B2", "all of that block are"
    body = {"mac_address": "02:00:01:70:00:02", "type": "deskphone"}
    assert "B2" in (await api.post("/v1/devices", body, expect=400))["details"]["type"]
    body = {"mac_address": "02:00:01:00:00:02", "model": "A1", "type": "dect_base"}
    error = await api.post("/v1/devices", body, expect=400)
    assert list(error["details"]) == ["type"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "deskphone", "mac_address": "020001000001", "ipei": "0328A0000F"}, "ipei"),
        ({"type": "deskphone", "mac_address": "020001000001", "multicell_role": "single"}, "multicell_role"),
        ({"type": "dect_handset", "mac_address": "020001000001", "ipei": "0328A0000F"}, "mac_address"),
        ({"type": "dect_handset", "ipei": "0328A0000F", "location": "Hall"}, "location"),
        ({"type": "dect_handset"}, "ipei"),
        ({"type": "deskphone"}, "mac_address"),
        ({}, "mac_address"),
    ],
)
async def test_fields_of_another_type_and_missing_ones_are_named(api: Client, body: object, field: str) -> None:
    assert list((await api.post("/v1/devices", body, expect=400))["details"]) == [field]


async def test_model_in_any_known_spelling_or_with_a_hint(api: Client) -> None:
    phone = await api.phone(model="acme-1")
    assert (await api.get(f"/v1/devices/{phone}"))["model"] == "A1"
    error = await api.post(f"/v1/devices/{phone}", {"model": "A8"}, expect=400)
    assert error["code"] == "unknown_model"
    assert "A9" in error["details"]["model"]
    assert (await api.post(f"/v1/devices/{phone}", {"model": None}))["model"] is None


async def test_typed_path_refuses_another_type(api: Client) -> None:
    body = {"type": "dect_base", "mac_address": "00:04:13:00:00:01"}
    assert list((await api.post("/v1/deskphones", body, expect=400))["details"]) == ["type"]
    created = await api.post("/v1/dect-bases", {"mac_address": "00:04:13:00:00:01"}, expect=201)
    assert created["type"] == "dect_base"
    overrides = {"abstractions": {"audio": {"vad_enabled": True}}}
    phone = {"mac_address": "00:04:13:00:00:02", "overrides": overrides}
    created = await api.post("/v1/deskphones", phone, expect=201)
    assert created == await api.get(f"/v1/devices/{created['id']}"), "all of it is answered at once"
    assert [one["id"] for one in (await api.get("/v1/deskphones"))["data"]] == [created["id"]]


async def test_identity_cannot_be_changed(api: Client) -> None:
    phone = await api.phone()
    path = f"/v1/devices/{phone}"
    await api.post(path, {"mac_address": "02-00-01-AA-BB-CC", "type": "deskphone"})
    assert list((await api.post(path, {"mac_address": "020001aabbcd"}, expect=400))["details"]) == ["mac_address"]
    assert list((await api.post(path, {"type": "dect_base"}, expect=400))["details"]) == ["type"]
    assert list((await api.post(path, {"ipei": "0328A0000F"}, expect=400))["details"]) == ["ipei"]


async def test_vendor_can_be_pinned_and_unpinned(api: Client) -> None:
    """A phone under somebody else's block is served with the right vendor's files."""
    phone = await api.phone(model="A1", overrides={"vendor_overrides": {"account.1.x": "1"}})
    path = f"/v1/devices/{phone}"
    pinned = await api.post(path, {"vendor": "yealink"})
    assert (pinned["vendor"], pinned["model"]) == ("yealink", None)
    assert (await api.post(path, {"vendor": None}))["vendor"] == "acme"
    error = await api.post(path, {"vendor": "nobody"}, expect=400)
    assert error["code"] == "unsupported_vendor"


async def test_new_vendor_must_be_able_to_hold_what_is_there(api: Client) -> None:
    """Neither a user's name nor an override may break the files of the vendor that a device is given."""
    phone, user = await api.phone("00:15:65:00:00:01"), await api.user("100% Ada")
    path = f"/v1/devices/{phone}"
    await api.post(f"{path}/users", {"user_id": user["id"]}, expect=201)
    assert list((await api.post(path, {"vendor": "acme"}, expect=422))["details"]) == ["name"]
    await api.delete(f"{path}/users/{user['id']}")
    await api.post(path, {"overrides": {"vendor_overrides": {"a.b#tag": "1"}}})
    error = await api.post(path, {"vendor": "snom"}, expect=400)
    assert list(error["details"]) == ["overrides.vendor_overrides.a.b#tag"]
    assert (await api.get(path))["vendor"] == "yealink"


async def test_status_can_only_be_reset(api: Client, face: ApiFace) -> None:
    phone = await api.phone()
    path = f"/v1/devices/{phone}"
    assert list((await api.post(path, {"status": "provisioned"}, expect=400))["details"]) == ["status"]
    await fetched(face, api.account, phone, model="A1", firmware="1.2")
    device = await api.get(path)
    assert (device["status"], device["model"], device["firmware_version"]) == ("provisioned", "A1", "1.2")
    assert device["last_provisioned_at"] == device["last_seen_at"]
    assert device["current_ip_address"] == "192.0.2.7"
    assert device["config_state"] == "current"
    await api.post(path, {"status": "provisioned"})
    assert (await api.post(path, {"status": "pending-sync"}))["status"] == "pending-sync"


async def test_changed_device_is_stale(api: Client, face: ApiFace) -> None:
    """The list of phones that would get something new is how an administrator knows whom to notify."""
    phone = await api.phone("00:15:65:00:00:01")
    other = await api.phone("00:15:65:00:00:02")
    for device in (phone, other):
        await fetched(face, api.account, device)
    assert (await api.get("/v1/devices?stale=true"))["data"] == []
    changed = await api.post(
        f"/v1/devices/{phone}", {"overrides": {"abstractions": {"display": {"time_format": "12h"}}}}
    )
    assert changed["config_state"] == "stale"
    assert [one["id"] for one in (await api.get("/v1/devices?stale=true"))["data"]] == [phone]
    assert changed["overrides"]["abstractions"]["display"] == {"time_format": "12h"}
    assert [one["id"] for one in (await api.get("/v1/devices?stale=false"))["data"]] == [other]


async def test_change_that_does_not_reach_the_phone_makes_nothing_stale(api: Client, face: ApiFace) -> None:
    """A setting of another vendor, or one said twice, is no reason to send phones for their configuration."""
    phone = await api.phone("00:15:65:00:00:01")
    content = await face.configurations.effective(str(api.account), phone)
    rule = next(rule for rule in content.vendor.files if rule.provisions)
    await fetched(face, api.account, phone, etag=render(face.renderer, content, rule).etag)
    await api.post("/v1/account/config", {"vendor_overrides": {"snom": {"x": "1"}}})
    assert (await api.get("/v1/devices?stale=true"))["data"] == []
    [current] = (await api.get("/v1/devices?stale=false"))["data"]
    assert current["config_state"] == "current"


async def test_a_change_of_a_time_zone_makes_its_own_phones_stale(api: Client, face: ApiFace, clock: Clock) -> None:
    """In March 2027 Cuba's phones get their yearly rule back, and whoever looks for stale phones finds them."""
    phones = []
    for number, zone in enumerate(("America/Havana", "Europe/Berlin"), start=1):
        own = {"overrides": {"abstractions": {"regional": {"timezone": zone}}}}
        phones.append(await api.phone(f"00:15:65:00:00:0{number}", **own))
        content = await face.configurations.effective(str(api.account), phones[-1])
        rule = next(rule for rule in content.vendor.files if rule.provisions)
        await fetched(face, api.account, phones[-1], etag=render(face.renderer, content, rule).etag)
    assert (await api.get("/v1/devices?stale=true"))["data"] == []
    clock.now = datetime(2027, 3, 14, 5, tzinfo=UTC)
    states = [(await api.get(f"/v1/devices/{phone}"))["config_state"] for phone in phones]
    assert states == ["stale", "current"]
    assert [one["id"] for one in (await api.get("/v1/devices?stale=true"))["data"]] == phones[:1]


async def test_name_and_place_are_patched(api: Client) -> None:
    phone = await api.phone(name="Reception", location="Hall")
    path = f"/v1/devices/{phone}"
    changed = await api.post(path, {"display_name": "Desk", "location_id": None})
    assert (changed["name"], changed["location"]) == ("Desk", None)
    before = await api.get(path)
    assert await api.post(path, {"name": "Desk"}) == before, "what changes nothing leaves no trace"


async def test_filters(api: Client) -> None:
    phone = await api.phone(name="Reception", location="Hall", model="A1")
    snom = await api.phone("00:04:13:00:00:01")
    base = await api.device(type="dect_base", mac_address="00:04:13:00:00:02")
    handset = await api.device(ipei="0328A0000F", base_id=base)
    for query, expected in {
        "": [base, snom, phone],
        "type=deskphone": [snom, phone],
        "type=dect_handset": [handset],
        "vendor=ACME": [phone],
        "vendor=snom&type=dect_base": [base],
        "vendor=nobody": [],
        "model=acme-1&vendor=acme": [phone],
        "location=Hall": [phone],
        "status=pending-sync": [base, snom, phone],
        "search=recep": [phone],
        "search=00:04:13": [base, snom],
    }.items():
        assert [one["id"] for one in (await api.get(f"/v1/devices?{query}"))["data"]] == expected, query


async def test_lines_beyond_the_model_are_reported(api: Client) -> None:
    """Users past what the phone can show are accepted, and the administrator is told."""
    phone = await api.phone(model="A1")
    for number in range(3):
        user = await api.user(f"User {number}")
        await api.post(f"/v1/devices/{phone}/users", {"user": user["id"]}, expect=201)
    device = await api.get(f"/v1/devices/{phone}")
    assert device["not_rendered"] == [3]
    assert [line["not_rendered"] for line in device["lines"]] == [False, False, True]
    assert device["primary_line"] == device["primary_line_id"] == device["lines"][0]["id"]
    assert (await api.get(f"/v1/devices/{phone}/settings"))["not_rendered"] == [3]


async def test_expand_users(api: Client) -> None:
    phone, user = await api.phone(), await api.user("Ada", extension="101")
    await api.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
    plain = await api.get(f"/v1/devices/{phone}")
    assert "assignments" not in plain
    [expanded] = (await api.get("/v1/devices?expand[]=users"))["data"]
    [assignment] = expanded["assignments"]
    assert assignment["user"] == {"id": user["id"], "name": "Ada", "email": None, "extension": "101"}
    assert assignment["user_id"] == user["id"]


async def test_lines_keep_their_numbers(api: Client) -> None:
    """Taking a user off must not renumber the keys that other people know."""
    phone = await api.phone()
    users = [(await api.user(f"User {number}"))["id"] for number in range(4)]
    for user in users[:3]:
        await api.post(f"/v1/devices/{phone}/users", {"user_id": user}, expect=201)
    await api.delete(f"/v1/devices/{phone}/users/{users[1]}")
    await api.delete(f"/v1/devices/{phone}/users/{users[1]}", expect=404)
    added = await api.post(f"/v1/devices/{phone}/users", {"user_id": users[3]}, expect=201)
    assert added["line_number"] == 2
    listed = await api.get(f"/v1/devices/{phone}/users?limit=2")
    assert [item["line_number"] for item in listed["data"]] == [1, 2]
    assert listed["next_page_url"]


async def test_assignment_refusals(api: Client) -> None:
    phone, user = await api.phone(), await api.user()
    path = f"/v1/devices/{phone}/users"
    await api.post(path, {"user_id": user["id"]}, expect=201)
    assert (await api.post(path, {"user_id": user["id"]}, expect=409))["code"] == "user_already_assigned"
    await api.post(path, {"user_id": "user_none"}, expect=404)
    assert (await api.post(path, {}, expect=400))["code"] == "validation_error"
    for number in range(23):
        more = await api.user(f"User {number}")
        await api.post(path, {"user_id": more["id"]}, expect=201)
    one_more = await api.user("Last")
    assert (await api.post(path, {"user_id": one_more["id"]}, expect=409))["code"] == "device_full"


async def test_events_tell_the_story(api: Client, face: ApiFace, clock: Clock) -> None:
    phone = await api.phone()
    await fetched(face, api.account, phone)
    noon = clock.now + timedelta(hours=1)
    clock.turn(hours=2)
    await api.post(f"/v1/devices/{phone}/arm")
    await api.post(f"/v1/devices/{phone}", {"name": "Desk"})
    path = f"/v1/devices/{phone}/events"
    events = (await api.get(path))["data"]
    assert [event["type"] for event in events] == ["updated", "armed", "config_fetch", "created"]
    assert events[0]["event_type"] == "updated"
    assert events[0]["details"]["fields"] == ["name"]
    assert events[0]["device"] == events[0]["device_id"] == phone
    assert [one["type"] for one in (await api.get(f"{path}?type=armed"))["data"]] == ["armed"]
    since = noon.isoformat().replace("+00:00", "Z")
    assert len((await api.get(f"{path}?from={since}"))["data"]) == 2
    assert len((await api.get(f"{path}?to={since}&from=2026-11-22"))["data"]) == 2
    await api.get(f"{path}?from=yesterday", expect=400)
    await api.get(f"{path}?from=2026-11-22T00:00:00", expect=400)


async def test_arming_opens_the_window(api: Client, clock: Clock) -> None:
    phone = await api.phone()
    before = (await api.get(f"/v1/devices/{phone}"))["provisioning_window_until"]
    clock.turn(hours=3)
    armed = await api.post(f"/v1/devices/{phone}/arm", {})
    assert armed["provisioning_window_until"] > before
    handset = await api.device(ipei="0328A0000F")
    assert (await api.post(f"/v1/devices/{handset}/arm", expect=422))["code"] == "arm_the_base"


async def test_creating_a_device_takes_it_off_the_unknown(platform: Client, api: Client, face: ApiFace) -> None:
    now = face.sources.now()
    for tail in ("01", "02"):
        face.unknown.saw(
            UnknownDevice(
                mac=Mac(f"0004130000{tail}"), source_ip="192.0.2.1", first_seen_at=now, last_seen_at=now, count=1
            )
        )
    assert len((await platform.get("/v1/unknown_devices"))["data"]) == 2
    await api.phone("00:04:13:00:00:01")
    [left] = (await platform.get("/v1/unknown_devices"))["data"]
    assert left["mac_address"] == "00:04:13:00:00:02"
    await platform.delete("/v1/unknown_devices/000413000002")
    await platform.delete("/v1/unknown_devices/000413000002", expect=404)
    await platform.delete("/v1/unknown_devices/nonsense", expect=400)


async def test_what_is_added_at_once_gets_numbers_of_its_own(api: Client) -> None:
    """The number of a line and of a slot is ours to choose: nobody is refused for another's."""
    phone, base = await api.phone("00:15:65:00:00:01"), await api.device(type="dect_base", mac_address="000413000001")
    people = [(await api.user())["id"] for _ in range(5)]
    lines = await asyncio.gather(
        *(api.post(f"/v1/devices/{phone}/users", {"user_id": who}, expect=201) for who in people)
    )
    assert sorted(line["line_number"] for line in lines) == [1, 2, 3, 4, 5]
    path = f"/v1/dect-bases/{base}/handsets"
    handsets = await asyncio.gather(*(api.post(path, {"ipei": f"0328A0000{n}"}, expect=201) for n in range(4)))
    assert sorted(handset["slot_number"] for handset in handsets) == [1, 2, 3, 4]

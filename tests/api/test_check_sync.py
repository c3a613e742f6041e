"""Telling phones to fetch anew, through the API."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from provserver.api.face import ApiFace
from provserver.domain.checksync import LineStatus, Registration
from provserver.store import assignments
from tests.api.client import Client, Clock, TwoTenants
from tests.services.fake_notifier import FakeNotifier

SYNC = "status/check-sync"


async def _set_up(api: Client, *extensions: str, mac: str = "00:04:13:aa:bb:cc", **fields: Any) -> str:
    """A Snom phone with these users on its lines; its id."""
    await api.post("/v1/account/config", {"abstractions": {"sip": {"domain": "pbx.example.com"}}})
    phone = await api.phone(mac, **fields)
    for extension in extensions:
        user = await api.user(f"User {extension}", extension=extension)
        await api.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
    return phone


async def test_the_call_of_the_public_document_as_it_stands(api: Client, notifier: FakeNotifier) -> None:
    """No body, no content type: whoever pastes the document's curl gets its answer."""
    phone = await _set_up(api, "101")
    reply = await api.send("POST", f"/v1/devices/{phone}/{SYNC}")
    assert reply.status == 200
    assert (reply.json["success"], reply.json["lines_notified"]) == (True, 1)
    [line] = reply.json["lines"]
    assert (line["line_number"], line["status"]) == (1, "delivered")
    assert notifier.users == ["101"]
    [(target, route)] = notifier.sent
    assert (target.domain, str(target.mac), target.event) == (
        "pbx.example.com",
        "00:04:13:aa:bb:cc",
        "check-sync;reboot=false",
    )
    assert (route.server, route.domain, route.transport) == ("pbx.example.com", "pbx.example.com", "udp")


@pytest.mark.parametrize(
    ("body", "event"),
    [
        ({}, "check-sync;reboot=false"),
        ({"reboot": False}, "check-sync;reboot=false"),
        ({"reboot": True}, "check-sync;reboot=true"),
        ({"only_if_stale": False}, "check-sync;reboot=false"),
    ],
)
async def test_reboot_is_in_the_vendors_words(
    api: Client, notifier: FakeNotifier, body: dict[str, Any], event: str
) -> None:
    phone = await _set_up(api, "101")
    await api.post(f"/v1/deskphones/{phone}/{SYNC}", body)
    assert notifier.events == [event]


@pytest.mark.parametrize("body", [{"reboot": "yes"}, {"restart": True}, {"reboot": None}])
async def test_a_body_that_says_something_else_is_refused(
    api: Client, notifier: FakeNotifier, body: dict[str, Any]
) -> None:
    phone = await _set_up(api, "101")
    await api.post(f"/v1/devices/{phone}/{SYNC}", body, expect=400)
    assert notifier.sent == []


async def test_lines_beyond_the_model_are_not_told(api: Client, notifier: FakeNotifier) -> None:
    """The model A1 shows two lines: a third user hears nothing, and does not make the call a failure."""
    phone = await _set_up(api, "101", "102", "103", mac="02:00:01:aa:bb:cc", model="A1")
    answer = await api.post(f"/v1/devices/{phone}/{SYNC}")
    assert [line["line_number"] for line in answer["lines"]] == [1, 2]
    assert notifier.users == ["101", "102"]
    assert notifier.together == [2], "lines go out together"


@pytest.mark.parametrize(
    ("first", "second", "status", "reason", "code"),
    [
        (LineStatus.DELIVERED, LineStatus.ERROR, 200, None, None),
        (LineStatus.NOT_REGISTERED, LineStatus.NOT_REGISTERED, 409, "not_registered", "not_registered"),
        (LineStatus.UNREACHABLE, LineStatus.NOT_REGISTERED, 409, "unreachable", "unreachable"),
        (LineStatus.ERROR, LineStatus.UNREACHABLE, 409, "unreachable", "check_sync_refused"),
    ],
)
async def test_what_became_of_the_lines_decides_the_answer(
    api: Client,
    notifier: FakeNotifier,
    first: LineStatus,
    second: LineStatus,
    status: int,
    reason: str | None,
    code: str | None,
) -> None:
    phone = await _set_up(api, "101", "102")
    notifier.answers = {"101": first, "102": second}
    answer = await api.post(f"/v1/devices/{phone}/{SYNC}", expect=status)
    assert [line["status"] for line in answer["lines"]] == [first, second]
    assert (answer.get("reason"), answer.get("code")) == (reason, code)
    if status == 409:
        assert answer["error"]
        assert answer["lines"][0]["sip_status"] in (404, 408, 489)


async def test_a_device_with_nobody_on_it_is_not_registered(api: Client, notifier: FakeNotifier) -> None:
    phone = await _set_up(api)
    answer = await api.post(f"/v1/devices/{phone}/{SYNC}", expect=409)
    assert (answer["code"], answer["reason"], answer["lines"]) == ("not_registered", "not_registered", [])
    assert "nobody is assigned" in answer["error"]
    assert notifier.sent == []


async def test_without_a_sip_domain_the_answer_says_what_is_missing(api: Client, notifier: FakeNotifier) -> None:
    phone = await api.phone("00:04:13:aa:bb:cc")
    user = await api.user(extension="101")
    await api.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
    answer = await api.post(f"/v1/devices/{phone}/{SYNC}", expect=409)
    assert "set sip.domain" in answer["error"]
    assert notifier.sent == []


async def test_a_phone_that_was_told_with_others_names_them(api: Client, notifier: FakeNotifier) -> None:
    """One user on two phones, and a back end that cannot aim: the operator learns which other phone reloads."""
    notifier.targeted = False
    phone = await _set_up(api, "101")
    other = await api.phone("00:04:13:aa:bb:dd")
    user = (await api.get(f"/v1/devices/{phone}/users"))["data"][0]["user_id"]
    await api.post(f"/v1/devices/{other}/users", {"user_id": user}, expect=201)
    [line] = (await api.post(f"/v1/devices/{phone}/{SYNC}"))["lines"]
    assert (line["targeted"], line["other_devices"]) == (False, [other])


async def test_an_armed_phone_is_told_too(api: Client, notifier: FakeNotifier) -> None:
    phone = await _set_up(api, "101")
    await api.post(f"/v1/devices/{phone}/arm")
    await api.post(f"/v1/devices/{phone}/{SYNC}")
    assert notifier.users == ["101"]


async def test_a_key_that_only_reads_tells_no_phone(platform: Client, api: Client, notifier: FakeNotifier) -> None:
    phone = await _set_up(api, "101")
    key = await platform.post("/v1/api_keys", {"name": "r", "account_id": api.account, "read_only": True}, expect=201)
    reader = platform.with_key(key["key"], api.account)
    await reader.post(f"/v1/devices/{phone}/{SYNC}", expect=403)
    await reader.post("/v1/check_sync_jobs", {}, expect=403)
    assert notifier.sent == []


async def test_the_devices_history_says_who_was_told_and_what_came_of_it(api: Client, notifier: FakeNotifier) -> None:
    phone = await _set_up(api, "101")
    await api.post(f"/v1/devices/{phone}/{SYNC}", {"reboot": True})
    [event] = (await api.get(f"/v1/devices/{phone}/events?type=check_sync"))["data"]
    details = event["details"]
    assert (details["outcome"], details["reboot"], details["lines_notified"]) == ("delivered", True, 1)
    assert details["lines"][0]["sip_status"] == 200
    assert details["key_id"]
    assert "password" not in str(event)
    assert (await api.get(f"/v1/devices/{phone}/events?type=check_sync_failed"))["data"] == []


async def test_a_failure_is_an_event_of_its_own(api: Client, notifier: FakeNotifier) -> None:
    phone = await _set_up(api, "101")
    notifier.otherwise = LineStatus.UNREACHABLE
    await api.post(f"/v1/devices/{phone}/{SYNC}", expect=409)
    [told] = (await api.get(f"/v1/devices/{phone}/events?type=check_sync"))["data"]
    [failed] = (await api.get(f"/v1/devices/{phone}/events?type=check_sync_failed"))["data"]
    assert failed["details"]["notified_event"] == told["id"]
    assert told["details"]["outcome"] == "unreachable"


async def _base(api: Client, face: ApiFace, *handsets: str) -> tuple[str, list[str]]:
    """A Yealink base with a user on each handset."""
    await api.post("/v1/account/config", {"abstractions": {"sip": {"domain": "pbx.example.com"}}})
    base = await api.device(type="dect_base", mac_address="80:5e:c0:00:00:01", model="W70B")
    made = []
    for number, extension in enumerate(handsets, start=1):
        handset = await api.device(type="dect_handset", base_id=base, ipei=f"0328A0000{number:X}")
        user = await api.user(f"User {extension}", extension=extension)
        await api.post(f"/v1/devices/{handset}/users", {"user_id": user["id"]}, expect=201)
        made.append(handset)
        await _number_account(face, handset, number)
    return base, made


async def _number_account(face: ApiFace, handset: str, number: int) -> None:
    """The number that the file of the base has for the handset's user."""
    async with face.database.write() as conn:
        [(assignment, _)] = await assignments.lines_of(conn, face.database.sealer, handset)
        await assignments.set_account_number(conn, assignment.id, number)


async def test_a_base_is_told_once_whichever_id_is_named(api: Client, face: ApiFace, notifier: FakeNotifier) -> None:
    base, handsets = await _base(api, face, "201", "202", "203")
    paths = (
        f"/v1/devices/{base}",
        f"/v1/dect-bases/{base}",
        f"/v1/devices/{handsets[1]}",
        f"/v1/dect-bases/{base}/handsets/{handsets[2]}",
    )
    for path in paths:
        notifier.sent.clear()
        answer = await api.post(f"{path}/{SYNC}")
        assert (answer["lines_notified"], len(answer["lines"]), len(notifier.sent)) == (1, 1, 1), path
    [event] = (await api.get(f"/v1/devices/{handsets[1]}/events?type=check_sync"))["data"]
    assert event["details"]["base_id"] == base


async def test_the_next_account_of_a_base_is_tried_where_the_one_before_failed(
    api: Client, face: ApiFace, notifier: FakeNotifier
) -> None:
    base, _ = await _base(api, face, "201", "202", "203")
    notifier.answers = {"201": LineStatus.NOT_REGISTERED}
    answer = await api.post(f"/v1/devices/{base}/{SYNC}")
    assert notifier.users == ["201", "202"]
    assert [line["status"] for line in answer["lines"]] == ["not_registered", "delivered"]


async def test_a_registered_account_of_a_base_is_tried_first(
    api: Client, face: ApiFace, notifier: FakeNotifier
) -> None:
    base, _ = await _base(api, face, "201", "202", "203")
    notifier.registered = {"203": Registration(registered=True)}
    await api.post(f"/v1/devices/{base}/{SYNC}")
    assert notifier.users == ["203"]


async def test_a_handset_without_a_base_is_not_registered(api: Client, notifier: FakeNotifier) -> None:
    handset = await api.device(type="dect_handset", ipei="0328A0000F")
    answer = await api.post(f"/v1/devices/{handset}/{SYNC}", expect=409)
    assert (answer["reason"], answer["lines"]) == ("not_registered", [])
    assert "not paired" in answer["error"]


async def test_a_secondary_points_to_its_data_master(api: Client, notifier: FakeNotifier) -> None:
    master = await api.device(type="dect_base", mac_address="80:5e:c0:00:00:01", multicell_role="data_master")
    secondary = await api.device(type="dect_base", mac_address="80:5e:c0:00:00:02", multicell_role="secondary")
    answer = await api.post(f"/v1/devices/{secondary}/{SYNC}", expect=409)
    assert master in answer["error"]


async def test_registration_is_null_with_a_reason_where_nobody_can_tell(api: Client) -> None:
    phone = await _set_up(api, "101")
    device = await api.get(f"/v1/devices/{phone}")
    assert (device["registration_status"], device["last_registered_at"]) == (None, None)
    assert "does not tell" in device["registration_reason"]


async def test_registration_is_asked_for_and_kept_for_seconds(api: Client, notifier: FakeNotifier) -> None:
    phone = await _set_up(api, "101", "102")
    when = datetime(2026, 11, 22, 11, tzinfo=UTC)
    notifier.registered = {"102": Registration(registered=True, last_registered_at=when)}
    device = await api.get(f"/v1/devices/{phone}")
    assert device["registration_status"] == "registered"
    assert device["last_registered_at"] == "2026-11-22T11:00:00Z"
    assert device["registration_reason"] is None
    for _ in range(5):
        assert (await api.get("/v1/devices"))["data"][0]["registration_status"] == "registered"
    assert notifier.asked == 1


async def test_registration_of_a_base_and_of_each_handset(api: Client, face: ApiFace, notifier: FakeNotifier) -> None:
    base, _ = await _base(api, face, "201", "202")
    notifier.registered = {"202": Registration(registered=True)}
    device = await api.get(f"/v1/devices/{base}")
    assert device["registration_status"] == "registered"
    assert [one["registration_status"] for one in device["handsets"]] == ["not_registered", "registered"]


async def test_a_slow_back_end_slows_no_list(api: Client, notifier: FakeNotifier) -> None:
    await _set_up(api, "101")
    notifier.registered, notifier.held = {"101": Registration(registered=True)}, asyncio.Event()
    async with asyncio.timeout(60):
        listed = (await api.get("/v1/devices"))["data"][0]
        assert (listed["registration_status"], listed["registration_reason"] is None) == (None, False)
        notifier.held.set()
        while listed["registration_status"] != "registered":
            listed = (await api.get("/v1/devices"))["data"][0]


async def _ended(api: Client, job_id: str) -> dict[str, Any]:
    for _ in range(1200):
        job: dict[str, Any] = await api.get(f"/v1/check_sync_jobs/{job_id}")
        if job["state"] != "running":
            return job
        await asyncio.sleep(0.05)
    raise AssertionError(job)


async def test_a_job_tells_the_devices_of_its_filter(api: Client, notifier: FakeNotifier) -> None:
    await _set_up(api, "101", location="Berlin")
    await _set_up(api, "102", mac="00:04:13:00:00:02", location="Berlin")
    await _set_up(api, "103", mac="00:04:13:00:00:03", location="Bonn")
    notifier.answers = {"102": LineStatus.NOT_REGISTERED}
    body = {"filter": {"location": "Berlin", "vendor": "SNOM"}, "rate_per_second": 50, "reboot": True}
    created = await api.post("/v1/check_sync_jobs", body, expect=201)
    assert (created["state"], created["total"], created["filter"]["location"]) == ("running", 2, "Berlin")
    job = await _ended(api, created["id"])
    assert (job["state"], job["done"], job["remaining"]) == ("completed", 2, 0)
    assert job["outcomes"] == {"delivered": 1, "not_registered": 1}
    assert job["finished_at"]
    assert sorted(notifier.users) == ["101", "102"]  # the second may overtake the first on its way to the notifier
    assert set(notifier.events) == {"check-sync;reboot=true"}
    assert [item["id"] for item in (await api.get("/v1/check_sync_jobs"))["data"]] == [job["id"]]


async def test_one_job_runs_per_account(tenants: TwoTenants) -> None:
    """A second job would double the rate that the operator of the network has asked for."""
    for number in range(1, 8):
        await tenants.first.phone(f"00:04:13:00:00:0{number}")
    slow = {"rate_per_second": 0.1}
    job = await tenants.first.post("/v1/check_sync_jobs", slow, expect=201)
    refused = await tenants.first.post("/v1/check_sync_jobs", slow, expect=409)
    assert refused["code"] == "job_running"
    await tenants.second.post("/v1/check_sync_jobs", slow, expect=201)
    await tenants.first.delete(f"/v1/check_sync_jobs/{job['id']}")
    await tenants.first.post("/v1/check_sync_jobs", slow, expect=201)


async def test_a_cancelled_job_tells_nobody_any_more(api: Client, notifier: FakeNotifier) -> None:
    for number in range(1, 9):
        await _set_up(api, f"10{number}", mac=f"00:04:13:00:00:0{number}")
    job = await api.post("/v1/check_sync_jobs", {"rate_per_second": 0.5}, expect=201)
    async with asyncio.timeout(60):
        while not notifier.sent:
            await api.get(f"/v1/check_sync_jobs/{job['id']}")
        await api.delete(f"/v1/check_sync_jobs/{job['id']}")
        ended = await api.get(f"/v1/check_sync_jobs/{job['id']}")
        assert ended["state"] == "cancelled"
        begun = 8 - ended["remaining"]
        while len(notifier.sent) < begun:
            await api.get(f"/v1/check_sync_jobs/{job['id']}")
    assert begun < 8
    await asyncio.sleep(2.2)  # the turn of the next one
    assert len(notifier.sent) == begun
    await api.delete(f"/v1/check_sync_jobs/{job['id']}")


async def test_handsets_are_told_by_their_base_once(api: Client, face: ApiFace, notifier: FakeNotifier) -> None:
    await _base(api, face, "201", "202", "203")
    body = {"filter": {"type": "dect_handset"}, "rate_per_second": 50}
    job = await api.post("/v1/check_sync_jobs", body, expect=201)
    assert (await _ended(api, job["id"]))["outcomes"] == {"delivered": 1}
    assert len(notifier.sent) == 1


async def test_a_job_is_in_the_event_stream(api: Client, clock: Clock) -> None:
    await _set_up(api, "101")
    headers = {"Authorization": f"Bearer {api.key}", "DialStack-Account": api.account or ""}
    async with api.session.get(f"{api.base}/v1/events", headers=headers) as stream:
        await stream.content.readline()
        job = await api.post("/v1/check_sync_jobs", {}, expect=201)
        told = ""
        async with asyncio.timeout(60):
            while '"state":"completed"' not in told:
                told += (await stream.content.readline()).decode()
    assert f'"job_id":"{job["id"]}"' in told
    assert "event: check_sync_job" in told
    assert "event: check_sync\n" in told


@pytest.mark.parametrize(
    "body",
    [
        {"rate_per_second": 0},
        {"rate_per_second": 1000},
        {"rate": 5},
        {"filter": {"mac": "x"}},
        {"filter": {"type": "toaster"}},
        {"filter": []},
    ],
)
async def test_a_job_that_is_asked_for_wrongly_is_refused(api: Client, body: dict[str, Any]) -> None:
    await api.post("/v1/check_sync_jobs", body, expect=400)

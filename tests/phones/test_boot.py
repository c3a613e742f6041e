"""A phone boots: its exact requests, and what it gets."""

import pytest

from provserver.domain.device import DeviceStatus
from tests.phones.conftest import SNOM_AGENT, YEALINK_AGENT, Office

SNOM, YEALINK, GIGASET = "000413aabbcc", "805ec0aabbcc", "7c2f80aabbcc"
SNOM_FILE = f"/snomD785-{SNOM.upper()}.htm"
SNOM_AGENT = SNOM_AGENT.format(mac=SNOM.upper())
YEALINK_AGENT = YEALINK_AGENT.format(mac=YEALINK)


async def test_a_snom_gets_its_lines_and_becomes_provisioned(office: Office) -> None:
    device, user = await office.phone(SNOM, "snom")
    common = await office.get("/snomD785.htm", SNOM_AGENT)
    own = await office.get(SNOM_FILE, SNOM_AGENT)
    text = await own.text()
    assert (common.status, own.status) == (200, 200)
    assert user.sip_password in text
    assert user.sip_password not in await common.text()
    after = await office.stored(device)
    assert after.status is DeviceStatus.PROVISIONED
    assert (after.model, after.firmware_version) == ("D785", "10.1.33.33")
    fetched, detected = await office.events(device)
    assert (fetched.type, detected.type, detected.user_agent) == ("config_fetch", "model_detected", SNOM_AGENT)
    assert (detected.details["model"], detected.details["before"]) == ("D785", {"model": None})
    assert after.last_provisioned_at is not None
    assert after.current_ip_address == "127.0.0.1"


async def test_a_yealink_gets_its_lines_by_the_sequence_of_its_boot(office: Office) -> None:
    device, user = await office.phone(YEALINK, "yealink")
    answers = [
        await office.get(path, YEALINK_AGENT) for path in (f"/{YEALINK}.boot", "/y000000000066.cfg", f"/{YEALINK}.cfg")
    ]
    assert [answer.status for answer in answers] == [200, 200, 200]
    text = await answers[2].text()
    assert text.startswith("#!version:1.0.0.1\n")
    assert f"account.1.password = {user.sip_password}\n" in text
    assert "sip.notify_reboot_enable = 0\n" in text
    assert (await office.stored(device)).model == "T46S"


async def test_the_boot_file_alone_does_not_make_a_phone_provisioned(office: Office) -> None:
    device, _ = await office.phone(YEALINK, "yealink")
    await office.get(f"/{YEALINK}.boot", YEALINK_AGENT)
    assert (await office.stored(device)).status is DeviceStatus.PENDING_SYNC


@pytest.mark.parametrize(
    "path",
    [
        f"/snomD785-{SNOM.upper()}.htm",
        f"/snomD785-{SNOM}.htm",
        f"/{SNOM.upper()}.xml",
        f"/{SNOM}.htm",
        f"/snom.xml?mac={SNOM.upper()}",
        "/?mac=00:04:13:AA:BB:CC",
    ],
)
async def test_a_snom_is_found_in_either_case_and_by_query(office: Office, path: str) -> None:
    await office.phone(SNOM, "snom")
    assert (await office.get(path, SNOM_AGENT)).status == 200


async def test_the_first_file_fits_the_model_that_the_phone_tells(office: Office) -> None:
    """A D120 has two lines: a third would be an error on its screen, so it must not be in even the first file."""
    _, _ = await office.phone(SNOM, "snom", users_on_it=3)
    agent = f"Mozilla/4.0 (compatible; snomD120-SIP 10.1.33.33 2010.12-1 {SNOM.upper()})"
    text = await (await office.get(f"/snomD120-{SNOM.upper()}.htm", agent)).text()
    assert f"pass-{SNOM}-2" in text
    assert f"pass-{SNOM}-3" not in text


async def test_an_unchanged_file_is_304_and_still_a_contact(office: Office) -> None:
    """One peer answers 304 before it records the contact, so healthy phones look dead."""
    device, _ = await office.phone(SNOM, "snom")
    first = await office.get(SNOM_FILE, SNOM_AGENT)
    seen = (await office.stored(device)).last_seen_at
    again = await office.get(SNOM_FILE, SNOM_AGENT, If_None_Match=first.headers["ETag"])
    assert (again.status, await again.read()) == (304, b"")
    after = await office.stored(device)
    assert seen is not None
    assert after.last_seen_at is not None
    assert after.last_seen_at > seen
    assert [event.type for event in await office.events(device)][:1] == ["config_not_modified"]


async def test_a_changed_layer_changes_the_next_fetch(office: Office) -> None:
    device, _ = await office.phone(SNOM, "snom")
    first = await office.get(SNOM_FILE, SNOM_AGENT)
    await office.set_layer(device.id, {"sip": {"register_expires": 1234}})
    again = await office.get(SNOM_FILE, SNOM_AGENT, If_None_Match=first.headers["ETag"])
    assert again.status == 200
    assert ">1234<" in await again.text()


async def test_head_tells_the_size_and_leaves_no_trace(office: Office) -> None:
    device, _ = await office.phone(SNOM, "snom")
    head = await office.get(SNOM_FILE, SNOM_AGENT, method="HEAD")
    after = await office.stored(device)
    assert head.status == 200
    assert int(head.headers["Content-Length"]) > 1000
    assert (after.status, after.last_seen_at, after.window_address) == (DeviceStatus.PENDING_SYNC, None, None)
    assert await office.events(device) == []


@pytest.mark.parametrize(
    ("asked", "status", "content_range"),
    [
        ("bytes=0-9", 206, "bytes 0-9/{size}"),
        ("bytes=10-", 206, "bytes 10-{last}/{size}"),
        ("bytes=-5", 206, "bytes {tail}-{last}/{size}"),
        ("bytes=999999-", 416, "bytes */{size}"),
        ("bytes=-0", 416, "bytes */{size}"),
        ("bytes=9-3", 200, None),
        ("bytes=0-1,4-5", 200, None),
        ("lines=1-2", 200, None),
        ("bytes=-", 200, None),
    ],
)
async def test_a_phone_that_asks_for_a_range_gets_it(
    office: Office, asked: str, status: int, content_range: str | None
) -> None:
    await office.phone(SNOM, "snom")
    whole = await (await office.get(SNOM_FILE, SNOM_AGENT)).read()
    answer = await office.get(SNOM_FILE, SNOM_AGENT, Range=asked)
    size = len(whole)
    assert answer.status == status
    expected = content_range and content_range.format(size=size, last=size - 1, tail=size - 5)
    assert answer.headers.get("Content-Range") == expected
    if status == 206:
        assert await answer.read() in whole


async def test_a_range_of_yesterdays_file_is_the_whole_of_todays(office: Office) -> None:
    await office.phone(SNOM, "snom")
    answer = await office.get(SNOM_FILE, SNOM_AGENT, Range="bytes=0-9", If_Range='"yesterday"')
    assert answer.status == 200


async def test_a_model_that_is_only_recognised_gets_no_file_of_another(office: Office) -> None:
    """It would look right to everybody but the phone; the device's history says what is the matter."""
    device, _ = await office.phone(GIGASET, "gigaset")
    answer = await office.get(f"/{GIGASET}.xml", f"Gigaset Maxwell 10/1.0;{GIGASET.upper()}")
    assert answer.status == 404
    after, events = await office.stored(device), await office.events(device)
    assert (after.model, after.status) == ("Maxwell10", DeviceStatus.PENDING_SYNC)
    assert [(event.type, event.status) for event in events] == [("config_error", 404), ("model_detected", None)]
    assert "cannot be configured" in events[0].details["error"]

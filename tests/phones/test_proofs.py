"""A MAC address must not be worth a SIP password, and the phones that belong must not be locked out."""

import asyncio
from ipaddress import ip_network

import pytest

from provserver.domain.device import DeviceStatus, DeviceType
from provserver.domain.mac import Mac
from provserver.domain.refusals import Refusal
from provserver.store import devices
from tests.phones.conftest import SNOM_AGENT, YEALINK_AGENT, MakeOffice, Office, Why

MAC, OTHER = "000413aabbcc", "000413aabbdd"
FILE = f"snomD785-{MAC.upper()}.htm"
AGENT = SNOM_AGENT.format(mac=MAC.upper())
HERE = (ip_network("127.0.0.0/8"),)
BOTH = Refusal.TWO_MACS.told(f"{Mac(MAC)}, {Mac(OTHER)}")


async def test_the_file_under_the_window_carries_the_token_url(office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    text = await (await office.get(f"/{FILE}", AGENT)).text()
    assert f"/p/{device.token}/" in text


async def test_a_yealink_is_sent_to_its_token_folder(office: Office) -> None:
    device, _ = await office.phone("805ec0aabbcc", "yealink")
    answer = await office.get("/805ec0aabbcc.cfg", YEALINK_AGENT.format(mac="805ec0aabbcc"))
    url = str(office.client.make_url(f"/p/{device.token}/"))
    assert f"static.auto_provision.server.url = {url}\n" in await answer.text()


async def test_the_first_fetch_by_token_ends_the_window(office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    assert (await office.get(f"/{FILE}", AGENT)).status == 200
    assert (await office.get(f"/p/{device.token}/{FILE}", AGENT)).status == 200
    assert (await office.get(f"/{FILE}", AGENT)).status == 404
    assert (await office.stored(device)).window_until is None
    latest = (await office.events(device))[0]
    assert (latest.type, latest.details) == ("auth_failed", {"reason": "no proof: its window is closed"})


async def test_the_window_ends_by_itself(why: Why, office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    office.clock.advance(days=1, seconds=1)
    assert (await office.get(f"/{FILE}", AGENT)).status == 404
    assert why() == f"no proof: its window ended at {device.window_until:%Y-%m-%dT%H:%M:%SZ}"


async def test_the_first_address_has_the_window_for_itself(make_office: MakeOffice) -> None:
    office = await make_office(trusted_proxies=HERE)
    device, _ = await office.phone(MAC, "snom")
    first = await office.get(f"/{FILE}", AGENT, X_Forwarded_For="192.0.2.1")
    guess = await office.get(f"/{FILE}", AGENT, X_Forwarded_For="192.0.2.66")
    again = await office.get(f"/{FILE}", AGENT, X_Forwarded_For="192.0.2.1")
    assert (first.status, guess.status, again.status) == (200, 404, 200)
    events = await office.events(device)
    assert [(event.type, event.source_ip) for event in events if event.type == "auth_failed"] == [
        ("auth_failed", "192.0.2.66")
    ]


async def test_an_armed_phone_with_yesterdays_token_gets_in(office: Office) -> None:
    """A deleted and re-created device: its phone still asks under the old token and must not be locked out."""
    before, _ = await office.phone(MAC, "snom")
    async with office.database.write() as conn:
        await devices.delete_device(conn, before.account_id, before.id, at=office.clock())
    assert (await office.get(f"/p/{before.token}/{FILE}", AGENT)).status == 404
    after, _ = await office.phone(MAC, "snom")
    answer = await office.get(f"/p/{before.token}/{FILE}", AGENT)
    assert answer.status == 200
    assert after.token
    assert after.token in await answer.text()


async def test_a_guessed_token_opens_no_window(office: Office) -> None:
    """It proves that whoever asks is not the phone that has lost everything; that one asks without a token."""
    device, _ = await office.phone(MAC, "snom")
    assert (await office.get(f"/p/{'a' * 32}/{FILE}", AGENT)).status == 404
    assert (await office.stored(device)).window_address is None
    assert (await office.get(f"/{FILE}", AGENT)).status == 200


async def test_the_token_of_one_phone_opens_no_other(why: Why, office: Office) -> None:
    own, _ = await office.phone(OTHER, "snom")
    await office.phone(MAC, "snom")
    assert (await office.get(f"/p/{own.token}/{FILE}", AGENT)).status == 404
    assert why() == Refusal.TOKEN_OF_ANOTHER.told()


@pytest.mark.parametrize("records", ["unknown MAC", "unproven MAC", "wrong token", "unknown file", "another vendor"])
async def test_whatever_is_refused_looks_the_same(make_office: MakeOffice, records: str) -> None:
    """A guesser must not learn which MAC exists."""
    office = await make_office(auth=("token",))
    await office.phone(MAC, "snom")
    path = {
        "unknown MAC": f"/snomD785-{OTHER.upper()}.htm",
        "unproven MAC": f"/{FILE}",
        "wrong token": f"/p/{'b' * 32}/{FILE}",
        "unknown file": "/index.php",
        "another vendor": f"/{MAC}.cfg",
    }[records]
    answer = await office.get(path)
    headers = {name: value for name, value in answer.headers.items() if name != "Date"}
    assert answer.status == 404
    assert await answer.read() == b"Not found\n"
    assert headers == {"Content-Type": "text/plain; charset=utf-8", "Content-Length": "10", "Server": "provserver"}


@pytest.mark.parametrize(
    ("path", "agent", "reason"),
    [
        (f"/{FILE}", SNOM_AGENT.format(mac=OTHER.upper()), BOTH),
        (f"/snom.xml?mac={MAC}", SNOM_AGENT.format(mac=OTHER.upper()), BOTH),
        (f"/{FILE}?mac={OTHER}", None, BOTH),
        (f"/snom.xml?mac={MAC}&mac={OTHER}", None, Refusal.MAC_TWICE.told()),
        (f"/{FILE}", YEALINK_AGENT.format(mac=MAC), Refusal.OTHER_VENDOR.told("yealink")),
    ],
)
async def test_a_request_that_names_two_phones_gets_neither(
    why: Why, office: Office, path: str, agent: str | None, reason: str
) -> None:
    await office.phone(MAC, "snom")
    await office.phone(OTHER, "snom")
    assert (await office.get(path, agent)).status == 404
    assert why() == reason


async def test_a_base_gets_no_file_that_is_for_desk_phones(why: Why, office: Office) -> None:
    device, _ = await office.phone(MAC, "snom", type=DeviceType.DECT_BASE)
    assert (await office.get(f"/{FILE}", AGENT)).status == 404
    assert why() == Refusal.NO_FILE_OF_TYPE.told("dect_base", "snom")
    assert (await office.stored(device)).status is DeviceStatus.PENDING_SYNC


async def test_the_network_proof_serves_its_networks_only(make_office: MakeOffice) -> None:
    office = await make_office(auth=("network",), networks=(ip_network("192.0.2.0/24"),), trusted_proxies=HERE)
    await office.phone(MAC, "snom")
    inside = await office.get(f"/{FILE}", AGENT, X_Forwarded_For="192.0.2.7")
    outside = await office.get(f"/{FILE}", AGENT, X_Forwarded_For="198.51.100.7")
    assert (inside.status, outside.status) == (200, 404)


async def test_a_forwarding_header_from_anywhere_else_is_not_believed(make_office: MakeOffice) -> None:
    office = await make_office(auth=("network",), networks=(ip_network("192.0.2.0/24"),))
    await office.phone(MAC, "snom")
    assert (await office.get(f"/{FILE}", AGENT, X_Forwarded_For="192.0.2.7")).status == 404


async def test_the_open_door_serves_whoever_knows_the_mac(make_office: MakeOffice) -> None:
    office = await make_office(auth=("open",))
    device, _ = await office.phone(MAC, "snom", window_until=None)
    assert (await office.get(f"/{FILE}")).status == 200
    assert (await office.stored(device)).status is DeviceStatus.PROVISIONED


async def test_a_common_file_needs_no_proof_and_marks_nobody(office: Office) -> None:
    device, _ = await office.phone("805ec0aabbcc", "yealink")
    answer = await office.get("/y000000000066.cfg", YEALINK_AGENT.format(mac="805ec0aabbcc"))
    assert answer.status == 200
    assert (await office.stored(device)).last_seen_at is None


async def test_two_addresses_at_once_get_one_window(make_office: MakeOffice) -> None:
    """Between reading the window and pinning it another address may come; only one of them may be served."""
    office = await make_office(trusted_proxies=HERE)
    await office.phone(MAC, "snom")
    answers = await asyncio.gather(
        *(office.get(f"/{FILE}", AGENT, X_Forwarded_For=f"192.0.2.{number}") for number in range(1, 9))
    )
    assert sorted(answer.status for answer in answers) == [200] + [404] * 7


@pytest.mark.parametrize("host", ['evil"host', "a b", "x:99999", "", "prov.example.com:8080"])
async def test_the_url_in_the_file_never_holds_a_host_that_is_none(office: Office, host: str) -> None:
    await office.phone("805ec0aabbcc", "yealink")
    text = await (await office.get("/805ec0aabbcc.cfg", Host=host)).text()
    url = next(line for line in text.splitlines() if line.startswith("static.auto_provision.server.url = "))
    expected = host if host.startswith("prov.") else f"127.0.0.1:{office.client.port}"
    assert f"http://{expected}/p/" in url


async def test_behind_a_proxy_the_url_has_the_scheme_of_the_phone(make_office: MakeOffice) -> None:
    office = await make_office(trusted_proxies=HERE)
    await office.phone("805ec0aabbcc", "yealink")
    answer = await office.get("/805ec0aabbcc.cfg", Host="prov.example.com", X_Forwarded_Proto="https")
    assert "static.auto_provision.server.url = https://prov.example.com/p/" in await answer.text()


async def test_a_configured_address_beats_what_the_request_says(make_office: MakeOffice) -> None:
    office = await make_office(public_url="https://prov.example.com")
    await office.phone("805ec0aabbcc", "yealink")
    answer = await office.get("/805ec0aabbcc.cfg", Host="other.example.net")
    assert "static.auto_provision.server.url = https://prov.example.com/p/" in await answer.text()

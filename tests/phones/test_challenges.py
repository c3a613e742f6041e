"""Phones that answer a challenge: under /d/, with credentials that their first file gave them."""

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import ClientResponse

from provserver.domain.device import Device
from provserver.services.protection.challenges import Challenges
from provserver.services.sources import Sources
from provserver.store.tokens import replace_token
from tests.phones import digest_client as phone
from tests.phones.conftest import SNOM_AGENT, YEALINK_AGENT, MakeOffice, Office

MAC, OTHER, NOBODY = "000413aabbcc", "000413aabbdd", "000413aabbee"
FILE = f"/d/snomD785-{MAC.upper()}.htm"
AGENT = SNOM_AGENT.format(mac=MAC.upper())
HERE = (ip_network("127.0.0.0/8"),)
OVER_TLS = {"X_Forwarded_Proto": "https"}


async def _challenge(office: Office, algorithm: str = "SHA-256", **headers: str) -> dict[str, str]:
    refused = await office.get(FILE, AGENT, **headers)
    assert refused.status == 401
    return phone.challenges(refused.headers)[algorithm]


async def _with_digest(office: Office, device: Device, path: str = FILE, **how: Any) -> ClientResponse:
    """Ask, be asked, answer."""
    said = phone.answer(await _challenge(office), how.pop("username", MAC), str(device.token), path, **how)
    return await office.get(path, Authorization=said)


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
async def test_a_phone_that_answers_gets_its_file(office: Office, algorithm: str) -> None:
    device, person = await office.phone(MAC, "snom")
    offered = await _challenge(office, algorithm)
    said = phone.answer(offered, MAC, str(device.token), FILE)
    answer = await office.get(FILE, AGENT, Authorization=said)
    assert (answer.status, person.sip_password in await answer.text()) == (200, True)
    assert (await office.stored(device)).window_until is None
    assert [event.proof for event in await office.events(device)] == ["digest", None], "the other is of its model"


async def test_curl_answers_as_phones_do(office: Office) -> None:
    """An implementation that is not ours, as a phone's is."""
    device, person = await office.phone(MAC, "snom")
    url = str(office.client.make_url(FILE))
    credentials = f"{MAC}:{device.token}"
    curl = await asyncio.create_subprocess_exec(
        *("curl", "--silent", "--digest", "--user", credentials, url), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await curl.communicate()
    assert person.sip_password.encode() in told


@pytest.mark.parametrize(
    "path", [FILE, f"/d/{NOBODY}.xml", "/d/index.php", "/d/..%2fetc", "/d/", f"{FILE}?mac={OTHER}"]
)
async def test_whoever_asks_for_whatever_is_asked_the_same(office: Office, path: str) -> None:
    """Of a known MAC, an unknown one and no MAC at all nobody can tell which is which."""
    await office.phone(MAC, "snom")
    refused = await office.get(path)
    headers = {name: value for name, value in refused.headers.items() if name not in ("Date", "WWW-Authenticate")}
    assert (refused.status, await refused.read()) == (401, b"Unauthorized\n")
    assert headers == {"Content-Type": "text/plain; charset=utf-8", "Content-Length": "13", "Server": "provserver"}
    offered = phone.challenges(refused.headers)
    assert [list(one) for one in offered.values()] == [["realm", "qop", "algorithm", "nonce"]] * 2
    assert {len(one["nonce"]) for one in offered.values()} == {40}


async def test_nowhere_else_is_anybody_asked(office: Office) -> None:
    """A 401 makes factory-fresh phones ask their user for a password."""
    for path in (FILE.removeprefix("/d"), f"/p/{'a' * 32}{FILE.removeprefix('/d')}", "/index.php", "/D/x", "/dd/x"):
        assert (await office.get(path, Authorization=phone.basic(MAC, "x"))).status == 404


async def test_a_replayed_answer_is_refused(office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    offered = await _challenge(office)
    said = phone.answer(offered, MAC, str(device.token), FILE)
    assert (await office.get(FILE, Authorization=said)).status == 200
    again = await office.get(FILE, Authorization=said)
    assert (again.status, phone.challenges(again.headers)["SHA-256"]["stale"]) == (401, "true")
    counted = phone.answer(offered, MAC, str(device.token), FILE, count=2)
    assert (await office.get(FILE, Authorization=counted)).status == 200


async def test_an_answer_for_one_file_opens_no_other(office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    said = phone.answer(await _challenge(office), MAC, str(device.token), FILE)
    assert (await office.get(f"{FILE}?x=1", Authorization=said)).status == 401
    assert (await office.get(FILE, Authorization=said, method="HEAD")).status == 401


async def test_a_nonce_is_good_for_a_minute_and_then_asked_again(office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    offered = await _challenge(office)
    office.clock.advance(seconds=61)
    said = phone.answer(offered, MAC, str(device.token), FILE)
    late = await office.get(FILE, Authorization=said)
    fresh = phone.challenges(late.headers)["SHA-256"]
    assert (late.status, fresh["stale"]) == (401, "true")
    assert (await office.get(FILE, Authorization=phone.answer(fresh, MAC, str(device.token), FILE))).status == 200


async def test_a_wrong_password_is_not_told_to_try_another_nonce(office: Office) -> None:
    """`stale` tells that the password was right, so it is told to nobody else."""
    await office.phone(MAC, "snom")
    offered = await _challenge(office)
    office.clock.advance(seconds=61)
    refused = await office.get(FILE, Authorization=phone.answer(offered, MAC, "wrong", FILE))
    assert "stale" not in phone.challenges(refused.headers)["SHA-256"]


async def test_a_nonce_is_worth_nothing_at_another_address(make_office: MakeOffice) -> None:
    office = await make_office(trusted_proxies=HERE)
    device, _ = await office.phone(MAC, "snom")
    offered = await _challenge(office, X_Forwarded_For="192.0.2.1")
    said = phone.answer(offered, MAC, str(device.token), FILE)
    assert (await office.get(FILE, Authorization=said, X_Forwarded_For="192.0.2.66")).status == 401
    assert (await office.get(FILE, Authorization=said, X_Forwarded_For="192.0.2.1")).status == 200


async def test_any_process_with_the_same_key_takes_the_nonce_of_another(office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    offered = await _challenge(office)
    sources = Sources(clock=office.clock)
    other = Challenges(office.database.sealer, sources, ["SHA-256"], basic=False, basic_without_tls=False)
    object.__setattr__(office.provisioning, "challenges", other)
    said = phone.answer(offered, MAC, str(device.token), FILE)
    assert (await office.get(FILE, Authorization=said)).status == 200


async def test_basic_is_asked_for_and_believed_over_tls_alone(make_office: MakeOffice) -> None:
    office = await make_office(trusted_proxies=HERE)
    device, _ = await office.phone(MAC, "snom")
    said = phone.basic(MAC, str(device.token))
    plain = await office.get(FILE, Authorization=said)
    assert (plain.status, list(phone.challenges(plain.headers))) == (401, ["SHA-256", "MD5"])
    sealed = await office.get(FILE, **OVER_TLS)
    assert list(phone.challenges(sealed.headers)) == ["SHA-256", "MD5", "Basic"]
    assert (await office.get(FILE, Authorization=said, **OVER_TLS)).status == 200
    assert (await office.get(FILE, Authorization=phone.basic(MAC, "wrong"), **OVER_TLS)).status == 401
    assert (await office.events(device))[1].proof == "basic"


async def test_basic_without_tls_is_a_choice(make_office: MakeOffice) -> None:
    office = await make_office(basic_without_tls=True)
    device, _ = await office.phone(MAC, "snom")
    assert (await office.get(FILE, Authorization=phone.basic(MAC.upper(), str(device.token)))).status == 200


@pytest.mark.parametrize("username", [OTHER, NOBODY, "admin", ""])
async def test_only_a_phones_own_credentials_open_its_file(office: Office, username: str) -> None:
    """Phone B with good credentials of its own asks for the file of phone A."""
    await office.phone(MAC, "snom")
    other, _ = await office.phone(OTHER, "snom")
    assert (await _with_digest(office, other, username=username)).status == 401


async def test_an_armed_phone_answers_too(office: Office) -> None:
    """Else a phone that has its credentials would be served by the window, and the window never end."""
    device, _ = await office.phone(MAC, "snom")
    assert (await office.get(FILE, AGENT)).status == 401
    assert (await office.get(FILE, Authorization=phone.answer(await _challenge(office), MAC, "x", FILE))).status == 401
    assert (await office.stored(device)).window_address is None


async def test_two_failed_tries_before_each_fetch_lock_nobody_out(make_office: MakeOffice) -> None:
    """Some phones ask without credentials, then with those of their factory, then with their own: each time."""
    office = await make_office(guessing={"limit": 1})
    device, _ = await office.phone(MAC, "snom")
    for _ in range(5):
        factory = phone.answer(await _challenge(office), "PlcmSpIp", "PlcmSpIp", FILE)
        assert (await office.get(FILE, Authorization=factory)).status == 401
        assert (await _with_digest(office, device)).status == 200


async def test_a_proven_phone_is_told_that_a_file_is_not_there(office: Office) -> None:
    """A 401 would make it ask its user for another password."""
    device, _ = await office.phone(MAC, "snom")
    path = f"/d/snomD785-{MAC.upper()}-firmware.htm"
    answer = await office.get(
        path, AGENT, Authorization=phone.answer(await _challenge(office), MAC, str(device.token), path)
    )
    assert answer.status == 404


@pytest.mark.parametrize(
    ("mac", "vendor", "file", "agent", "lines"),
    [
        (
            MAC,
            "snom",
            f"snomD785-{MAC.upper()}.htm",
            AGENT,
            [">{mac}</http_client_user>", ">{token}</http_client_pass>"],
        ),
        (
            "805ec0aabbcc",
            "yealink",
            "805ec0aabbcc.cfg",
            YEALINK_AGENT.format(mac="805ec0aabbcc"),
            ["server.username = {mac}", "server.password = {token}"],
        ),
    ],
)
async def test_the_first_file_gives_the_credentials(
    make_office: MakeOffice, mac: str, vendor: str, file: str, agent: str, lines: list[str]
) -> None:
    office = await make_office(auth=("digest", "window"))
    device, _ = await office.phone(mac, vendor)
    text = await (await office.get(f"/{file}", agent)).text()
    assert str(office.client.make_url("/d/")) in text
    assert f"/p/{device.token}" not in text
    for line in lines:
        assert line.format(mac=mac, token=device.token) in text


async def test_the_password_of_before_works_until_the_new_one_was_used(make_office: MakeOffice) -> None:
    office = await make_office(auth=("digest",))
    device, _ = await office.phone(MAC, "snom")
    async with office.database.write() as conn:
        await replace_token(conn, office.database.sealer, device.id, "second", overlap=True)
    with_old = await _with_digest(office, device)
    assert (with_old.status, ">second</http_client_pass>" in await with_old.text()) == (200, True)
    assert (await _with_digest(office, await office.stored(device))).status == 200
    assert (await _with_digest(office, device)).status == 401
    assert not (await office.stored(device)).has_two_secrets

"""Who may have a file, as operators set it: secrets that rotate, proofs that count, addresses that guess."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from provserver.api.face import ApiFace
from provserver.domain.mac import Mac
from provserver.store import devices
from tests.api.client import Client

Phones = TestClient[Any, Any]
MAC = "00:04:13:00:00:09"
AGENT = {"User-Agent": "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 000413000009)"}
FILE = "snomD785-000413000009.htm"


async def _token(face: ApiFace, api: Client, phone: str) -> str:
    async with face.database.read() as conn:
        stored = await devices.get_device(conn, face.database.sealer, str(api.account), phone)
    assert stored is not None
    return str(stored.token)


def _made_up(number: int) -> Mac:
    return Mac(f"000413{number:06x}")


async def _fetch(phones: Phones, folder: str = "/") -> tuple[int, str]:
    async with phones.get(f"{folder}{FILE}", headers=AGENT) as answer:
        return answer.status, await answer.text()


async def test_a_token_is_rotated_without_locking_its_phone_out(api: Client, phones: Phones, face: ApiFace) -> None:
    """From the call to the fetch with the new one: stale, two good tokens, and then one."""
    phone = await api.phone(MAC)
    old = await _token(face, api, phone)
    assert (await _fetch(phones, f"/p/{old}/"))[0] == 200
    rotated = await api.post(f"/v1/devices/{phone}/token/rotate", {})
    assert (rotated["config_state"], rotated["token_rotation_pending"]) == ("stale", True)
    new = await _token(face, api, phone)
    status, text = await _fetch(phones, f"/p/{old}/")
    assert (status, f"/p/{new}/" in text, old in text) == (200, True, False)
    assert (await _fetch(phones, f"/p/{new}/"))[0] == 200
    assert (await _fetch(phones, f"/p/{old}/"))[0] == 404
    settled = await api.get(f"/v1/devices/{phone}")
    assert (settled["config_state"], settled["token_rotation_pending"]) == ("current", False)
    kinds = [event["type"] for event in (await api.get(f"/v1/devices/{phone}/events?limit=100"))["data"]]
    assert "token_rotated" in kinds


async def test_a_second_rotation_waits_for_the_phone_or_burns(api: Client, phones: Phones, face: ApiFace) -> None:
    phone = await api.phone(MAC)
    old = await _token(face, api, phone)
    await api.post(f"/v1/devices/{phone}/token/rotate", {})
    refused = await api.post(f"/v1/devices/{phone}/token/rotate", {}, expect=409)
    assert refused["code"] == "rotation_pending"
    burnt = await api.post(f"/v1/devices/{phone}/token/rotate", {"overlap": False})
    assert not burnt["token_rotation_pending"]
    await _fetch(phones, f"/p/{await _token(face, api, phone)}/")  # which ends the window
    assert (await _fetch(phones, f"/p/{old}/"))[0] == 404
    await api.post(f"/v1/devices/{phone}/arm", {})
    assert (await _fetch(phones, f"/p/{old}/"))[0] == 200


async def test_a_handset_has_no_token(api: Client) -> None:
    made = await api.post("/v1/devices", {"type": "dect_handset", "ipei": "0328A0000F"}, expect=201)
    refused = await api.post(f"/v1/devices/{made['id']}/token/rotate", {}, expect=422)
    assert refused["code"] == "rotate_the_base"


async def test_an_account_has_proofs_of_its_own_and_a_device_narrows_them(
    platform: Client, api: Client, phones: Phones, face: ApiFace
) -> None:
    phone = await api.phone(MAC)
    token = await _token(face, api, phone)
    account = await platform.post(f"/v1/accounts/{api.account}", {"accepted_proofs": ["token", "digest"]})
    assert account["accepted_proofs"] == ["token", "digest"]
    assert (await _fetch(phones))[0] == 404, "the window does not count any more"
    assert (await _fetch(phones, f"/p/{token}/"))[0] == 200
    settings = await api.get(f"/v1/devices/{phone}/settings")
    assert (settings["accepted_proofs"], settings["given_proof"]) == (["token", "digest"], "token")
    narrowed = await api.post(f"/v1/devices/{phone}", {"accepted_proofs": ["digest", "basic"]})
    assert (narrowed["accepted_proofs"], narrowed["config_state"]) == (["digest", "basic"], "stale")
    assert (await _fetch(phones, f"/p/{token}/"))[0] == 404
    settings = await api.get(f"/v1/devices/{phone}/settings")
    assert (settings["accepted_proofs"], settings["given_proof"]) == (["digest"], "digest")
    cleared = await api.post(f"/v1/devices/{phone}", {"accepted_proofs": None})
    assert cleared["accepted_proofs"] is None
    assert (await _fetch(phones, f"/p/{token}/"))[0] == 200


@pytest.mark.parametrize("proofs", [[], ["magic"], "token", ["token", None]])
async def test_proofs_that_are_none_are_refused(api: Client, platform: Client, proofs: Any) -> None:
    phone = await api.phone(MAC)
    for client, path in ((api, f"/v1/devices/{phone}"), (platform, f"/v1/accounts/{api.account}")):
        refused = await client.post(path, {"accepted_proofs": proofs}, expect=400)
        assert next(iter(refused["details"])).startswith("accepted_proofs")


async def test_a_device_is_not_narrowed_to_what_its_phone_cannot_do(api: Client) -> None:
    phone = await api.post("/v1/devices", {"mac_address": "7c:2f:80:00:00:01"}, expect=201)
    refused = await api.post(f"/v1/devices/{phone['id']}", {"accepted_proofs": ["basic"]}, expect=422)
    assert refused["code"] == "proof_not_carried"


@pytest.mark.parametrize("proofs", [["token"], ["digest"]])
async def test_no_answer_tells_the_secret_that_a_file_gives(api: Client, face: ApiFace, proofs: list[str]) -> None:
    phone = await api.phone(MAC)
    await api.post(f"/v1/devices/{phone}", {"accepted_proofs": proofs})
    token = await _token(face, api, phone)
    files = (await api.get(f"/v1/devices/{phone}/files"))["data"]
    contents = [await api.get(f"/v1/devices/{phone}/files/{file['name']}") for file in files if file["served"]]
    settings = await api.get(f"/v1/devices/{phone}/settings")
    assert "********" in str(contents)
    assert token not in str(contents) + str(settings) + str(await api.get(f"/v1/devices/{phone}"))


async def test_who_guesses_is_listed_and_released(platform: Client, phones: Phones, face: ApiFace) -> None:
    for number in range(3):
        face.guard.failed("2001:db8::66", _made_up(number))
    assert (await platform.get("/v1/blocked_sources"))["data"] == []
    for number in range(500):
        face.guard.failed("2001:db8::66", _made_up(number))
    face.guard.turned_away("2001:db8::67")
    (listed,) = (await platform.get("/v1/blocked_sources"))["data"]
    assert (listed["source"], listed["last_address"], listed["refused"]) == ("2001:db8::/64", "2001:db8::67", 1)
    await platform.delete("/v1/blocked_sources/2001:db8::9")
    assert (await platform.get("/v1/blocked_sources"))["data"] == []
    assert face.guard.may_ask("2001:db8::66", _made_up(9999))
    await platform.delete("/v1/blocked_sources/2001:db8::9", expect=404)
    await platform.delete("/v1/blocked_sources/somewhere", expect=400)

"""One block of MAC addresses, phones of several kinds: the User-Agent decides, unless somebody has named the kind."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from provserver.api.face import ApiFace
from tests.api.client import Client, Clock

Phones = TestClient[Any, Any]
FANVIL, GIGASET, YEALINK = "0c383eaabbcc", "7c2f80aabbcc", "805ec0aabbcc"
NETHESIS_X5 = f"Nethesis NP-X5 2.12.1 {FANVIL}"
FANVIL_X6 = f"Fanvil X6U Pro 0.0.10 {FANVIL}"
MAXWELL_3 = f"Gigaset Maxwell 3/2.13.8;{GIGASET.upper()}"
N870 = f"Gigaset N870 IP PRO/83.V2.11.0;{GIGASET.upper()}"
W70B = f"Yealink W70B 146.87.0.15 {YEALINK}"
T46U = f"Yealink SIP-T46U 108.86.0.20 {YEALINK}"
GUESSED_FANVIL = ("fanvil", "mac_address", None)
TOLD_NETHESIS = ("nethesis", "user_agent", "NP-X5")


@pytest.fixture
async def api(api: Client) -> Client:
    """An account whose phones have a server."""
    await api.post("/v1/account/config", {"abstractions": {"sip": {"domain": "pbx.example.com"}}})
    return api


async def fetch(phones: Phones, mac: str, agent: str, *, ending: str = "cfg", method: str = "GET") -> tuple[int, str]:
    """Status of what the phone gets, and how it begins."""
    async with phones.request(method, f"/{mac}.{ending}", headers={"User-Agent": agent}) as response:
        return response.status, (await response.text())[:4]


async def shown(api: Client, face: ApiFace, device: str) -> dict[str, Any]:
    """The device once everything is written."""
    await face.contacts.flush()
    found: dict[str, Any] = await api.get(f"/v1/devices/{device}")
    return found


async def vendor_of(api: Client, face: ApiFace, device: str) -> tuple[str, str, str | None]:
    """Its vendor, how that is known, and its model."""
    device_now = await shown(api, face, device)
    return device_now["vendor"], device_now["vendor_source"], device_now["model"]


async def type_of(api: Client, face: ApiFace, device: str) -> tuple[str, str, str | None]:
    """Its type, how that is known, and its model."""
    device_now = await shown(api, face, device)
    return device_now["type"], device_now["type_source"], device_now["model"]


async def test_a_phone_tells_its_vendor_where_its_block_is_shared(api: Client, face: ApiFace, phones: Phones) -> None:
    """Nethesis' phones have addresses of their maker, who is Fanvil: the first file must be one of Nethesis'."""
    device = await api.device(mac_address=FANVIL)
    assert await vendor_of(api, face, device) == GUESSED_FANVIL
    assert await fetch(phones, FANVIL, NETHESIS_X5) == (200, "<<VO")
    assert await vendor_of(api, face, device) == TOLD_NETHESIS
    after = await shown(api, face, device)
    assert (after["firmware_version"], after["status"], after["config_state"]) == ("2.12.1", "provisioned", "current")
    assert [found["id"] for found in (await api.get("/v1/devices?vendor=nethesis"))["data"]] == [device]
    assert await fetch(phones, FANVIL, NETHESIS_X5) == (200, "<<VO")


async def test_a_phone_of_the_guessed_vendor_is_served_as_before(api: Client, face: ApiFace, phones: Phones) -> None:
    """Also by the names that only this vendor's phones ask for, and when the phone at that MAC was another before."""
    device = await api.device(mac_address=FANVIL)
    await fetch(phones, FANVIL, NETHESIS_X5)
    assert await fetch(phones, FANVIL, NETHESIS_X5, ending="xml") == (404, "Not ")
    assert await fetch(phones, FANVIL, FANVIL_X6, ending="xml") == (200, "<?xm")
    assert await vendor_of(api, face, device) == ("fanvil", "user_agent", "X6U-Pro")
    assert await fetch(phones, FANVIL, "curl/8.5.0") == (200, "<?xm")


async def test_a_request_that_proves_nothing_changes_nothing(
    api: Client, face: ApiFace, phones: Phones, clock: Clock
) -> None:
    """Else anybody who knows a MAC could break a phone's configuration."""
    device = await api.device(mac_address=FANVIL)
    assert (await fetch(phones, FANVIL, NETHESIS_X5, method="HEAD"))[0] == 200
    clock.turn(days=2)
    assert (await fetch(phones, FANVIL, NETHESIS_X5))[0] == 404
    assert await vendor_of(api, face, device) == GUESSED_FANVIL


async def test_a_phone_of_a_vendor_without_addresses_in_this_block_gets_nothing(
    api: Client, face: ApiFace, phones: Phones
) -> None:
    device = await api.device(mac_address=FANVIL)
    assert (await fetch(phones, FANVIL, f"Yealink SIP-T46U 108.86.0.20 {FANVIL}"))[0] == 404
    assert await vendor_of(api, face, device) == GUESSED_FANVIL


@pytest.mark.parametrize("named", [{"vendor": "Fanvil"}, {"model": "X6U"}])
async def test_a_named_vendor_stays_whatever_the_phone_says(
    api: Client, face: ApiFace, phones: Phones, named: dict[str, str]
) -> None:
    """Nethesis' phones also run Fanvil's own language, and who has chosen that must get it."""
    device = await api.device(mac_address=FANVIL, **named)
    assert await fetch(phones, FANVIL, NETHESIS_X5) == (200, "<?xm")
    assert await vendor_of(api, face, device) == ("fanvil", "named", named.get("model"))
    assert (await shown(api, face, device))["firmware_version"] == "2.12.1"


async def test_a_vendor_is_named_and_left_open_again_by_an_update(api: Client, face: ApiFace, phones: Phones) -> None:
    device = await api.device(mac_address=FANVIL)
    await fetch(phones, FANVIL, NETHESIS_X5)
    await api.post(f"/v1/devices/{device}", {"vendor": "fanvil"})
    assert await fetch(phones, FANVIL, NETHESIS_X5) == (200, "<?xm")
    assert await vendor_of(api, face, device) == ("fanvil", "named", None)
    await api.post(f"/v1/devices/{device}", {"vendor": None})
    assert await fetch(phones, FANVIL, NETHESIS_X5) == (200, "<<VO")
    assert await vendor_of(api, face, device) == TOLD_NETHESIS


async def test_raw_parameters_name_the_vendor_whose_they_are(api: Client, face: ApiFace, phones: Phones) -> None:
    """In a file of another vendor they would be nonsense, or silently lost."""
    device = await api.device(mac_address=FANVIL)
    await api.post(f"/v1/devices/{device}", {"overrides": {"vendor_overrides": {"net.wan.ip": "1"}}})
    assert await fetch(phones, FANVIL, NETHESIS_X5) == (200, "<?xm")
    assert await vendor_of(api, face, device) == ("fanvil", "named", None)


async def test_a_phone_tells_its_type_where_its_vendor_has_both(api: Client, face: ApiFace, phones: Phones) -> None:
    """Most of Gigaset's devices are DECT bases; a Maxwell is none, and a user must then be put on its line."""
    device, user = await api.device(mac_address=GIGASET), await api.user()
    assert await type_of(api, face, device) == ("dect_base", "mac_address", None)
    status, _ = await fetch(phones, GIGASET, MAXWELL_3, ending="xml")
    assert status == 200
    assert await type_of(api, face, device) == ("deskphone", "user_agent", "Maxwell3")
    await api.post(f"/v1/devices/{device}/users", {"user_id": user["id"]}, expect=201)
    assert [line["user_id"] for line in (await shown(api, face, device))["lines"]] == [user["id"]]
    assert await type_of(api, face, device) == ("deskphone", "named", "Maxwell3")


async def test_a_base_that_was_taken_for_a_phone_takes_handsets(api: Client, face: ApiFace, phones: Phones) -> None:
    device = await api.device(mac_address=YEALINK)
    assert await type_of(api, face, device) == ("deskphone", "mac_address", None)
    assert (await fetch(phones, YEALINK, W70B))[0] == 200
    assert await type_of(api, face, device) == ("dect_base", "user_agent", "W70B")
    await api.device(ipei="0328A0000F", base_id=device)
    base = await shown(api, face, device)
    assert (base["multicell_role"], len(base["handsets"]), base["type_source"]) == ("single", 1, "named")


async def test_what_hangs_on_a_device_holds_it_to_its_type(api: Client, face: ApiFace, phones: Phones) -> None:
    """A base cannot keep a line, nor a desk phone a handset: neither may be lost because of what a phone says."""
    phone, user = await api.device(mac_address=YEALINK), await api.user()
    await api.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
    assert (await fetch(phones, YEALINK, W70B))[0] == 200
    assert await type_of(api, face, phone) == ("deskphone", "named", "W70B")
    base = await api.device(mac_address=GIGASET)
    await api.device(ipei="0328A0000F", base_id=base)
    assert (await fetch(phones, GIGASET, MAXWELL_3, ending="xml"))[0] == 200
    assert await type_of(api, face, base) == ("dect_base", "named", "Maxwell3")
    assert len((await shown(api, face, base))["handsets"]) == 1


@pytest.mark.parametrize("named", [{"type": "dect_base"}, {"model": "N870"}, {"multicell_role": "data_master"}])
async def test_a_named_type_stays(api: Client, face: ApiFace, phones: Phones, named: dict[str, str]) -> None:
    device = await api.device(mac_address=GIGASET, **named)
    await fetch(phones, GIGASET, MAXWELL_3, ending="xml")
    assert (await type_of(api, face, device))[:2] == ("dect_base", "named")


async def test_a_phone_of_the_guessed_type_leaves_it_open(api: Client, face: ApiFace, phones: Phones) -> None:
    desk_phone, base = await api.device(mac_address=YEALINK), await api.device(mac_address=GIGASET)
    assert (await fetch(phones, YEALINK, T46U))[0] == 200
    assert (await fetch(phones, GIGASET, N870, ending="xml"))[0] == 200
    assert await type_of(api, face, desk_phone) == ("deskphone", "mac_address", "T46U")
    assert await type_of(api, face, base) == ("dect_base", "mac_address", "N870")

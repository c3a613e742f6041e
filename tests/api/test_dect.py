"""DECT bases and their handsets. Systems of several bases are in `test_multicell`."""

from typing import Any

import pytest

from provserver.api.face import ApiFace
from tests.api.client import Client


async def base(api: Client, tail: str = "01", **fields: object) -> str:
    """A base of Acme."""
    return await api.device(type="dect_base", mac_address=f"02:00:01:00:00:{tail}", **fields)


@pytest.mark.parametrize("ipei", ["0328A0000F", "0328a0000f", "0x0328A0000F", "12938 0000015 1"])
async def test_ipei_in_every_form(api: Client, ipei: str) -> None:
    handset = await api.get(f"/v1/devices/{await api.device(ipei=ipei)}")
    assert handset["ipei"] == "0328A0000F"


async def test_wrong_check_character_shows_the_right_one(api: Client) -> None:
    error = await api.post("/v1/devices", {"ipei": "1293000000152"}, expect=400)
    assert "expected" in error["details"]["ipei"]


async def test_ipei_is_unique_in_the_account(api: Client) -> None:
    await api.device(ipei="0328A0000F")
    assert (await api.post("/v1/devices", {"ipei": "0328A0000F"}, expect=409))["code"] == "ipei_taken"


async def test_handset_life(api: Client) -> None:
    """Stocked, paired, moved, unpaired: slots are the lowest free ones, and the status says where it stands."""
    first, second = await base(api, "01"), await base(api, "02")
    one = await api.device(ipei="0328A00001", base_id=first, display_name="One")
    two = await api.device(ipei="0328A00002")
    shown = await api.get(f"/v1/devices/{one}")
    assert (shown["slot_number"], shown["status"], shown["vendor"]) == (1, "pending-sync", "acme")
    assert (shown["name"], shown["display_name"]) == ("One", "One")
    assert shown["base"] == shown["base_id"] == first
    assert shown["location"] is None
    stocked = await api.get(f"/v1/devices/{two}")
    assert (stocked["status"], stocked["slot_number"], stocked["base"], stocked["vendor"]) == (
        "unpaired",
        None,
        None,
        None,
    )
    error = await api.post(f"/v1/devices/{two}", {"status": "pending-sync"}, expect=422)
    assert error["code"] == "handset_unpaired"
    paired = await api.post(f"/v1/devices/{two}", {"base": first})
    assert (paired["slot_number"], paired["status"], paired["vendor"]) == (2, "pending-sync", "acme")
    moved = await api.post(f"/v1/devices/{one}", {"base_id": second})
    assert (moved["base_id"], moved["slot_number"]) == (second, 1)
    back = await api.post(f"/v1/devices/{one}", {"base_id": first})
    assert back["slot_number"] == 1
    loose = await api.post(f"/v1/devices/{one}", {"base_id": None})
    assert (loose["status"], loose["slot_number"]) == ("unpaired", None)
    assert list((await api.post(f"/v1/devices/{one}", {"ipei": None}, expect=400))["details"]) == ["ipei"]


async def test_handsets_under_their_base(api: Client) -> None:
    station, other = await base(api, "01"), await base(api, "02")
    path = f"/v1/dect-bases/{station}/handsets"
    created = await api.post(path, {"ipei": "0328A00001", "display_name": "One"}, expect=201)
    await api.post(path, {"ipei": "0328A00002", "base_id": other}, expect=400)
    await api.post(path, {"ipei": "0328A00002", "type": "deskphone"}, expect=400)
    assert [one["id"] for one in (await api.get(path))["data"]] == [created["id"]]
    handset = f"{path}/{created['id']}"
    assert (await api.post(handset, {"display_name": "Two"}))["display_name"] == "Two"
    assert (await api.get(handset))["name"] == "Two"
    await api.get(f"/v1/dect-bases/{other}/handsets/{created['id']}", expect=404)
    await api.delete(handset)
    assert (await api.get(f"/v1/dect-bases/{station}"))["handsets"] == []


async def test_base_takes_what_its_model_takes(api: Client) -> None:
    station = await base(api, model="B2")
    assert (await api.get(f"/v1/devices/{station}"))["max_handsets"] == 2
    for number in (1, 2):
        await api.device(ipei=f"0328A0000{number}", base_id=station)
    error = await api.post("/v1/devices", {"ipei": "0328A00003", "base_id": station}, expect=409)
    assert error["code"] == "base_full"


async def test_handset_is_paired_with_bases_only(api: Client) -> None:
    phone = await api.phone()
    error = await api.post("/v1/devices", {"ipei": "0328A00001", "base_id": phone}, expect=422)
    assert error["code"] == "not_a_base"
    secondary = await base(api, multicell_role="secondary")
    error = await api.post("/v1/devices", {"ipei": "0328A00001", "base_id": secondary}, expect=422)
    assert error["code"] == "base_is_secondary"


async def test_users_belong_on_handsets(api: Client) -> None:
    station, user = await base(api), await api.user()
    error = await api.post(f"/v1/devices/{station}/users", {"user_id": user["id"]}, expect=422)
    assert error["code"] == "assign_to_handset"
    [shown] = (await api.get("/v1/devices?expand[]=users"))["data"]
    assert shown["assignments"] == []


async def test_secondary_finds_its_data_master(api: Client) -> None:
    """With one data master there is nothing to say; with several it must be said; with none it waits."""
    lonely = await base(api, "01", multicell_role="secondary")
    assert (await api.get(f"/v1/devices/{lonely}"))["data_master_id"] is None
    master = await base(api, "02", multicell_role="data_master")
    found = await base(api, "03", multicell_role="secondary")
    assert (await api.get(f"/v1/devices/{found}"))["data_master_id"] == master
    another = await base(api, "04", multicell_role="data_master")
    body = {"type": "dect_base", "mac_address": "02:00:01:00:00:05", "multicell_role": "secondary"}
    assert (await api.post("/v1/devices", body, expect=422))["code"] == "ambiguous_data_master"
    said = await api.device(**body, data_master_id=another)
    assert (await api.get(f"/v1/devices/{said}"))["data_master_id"] == another
    error = await api.post(f"/v1/devices/{lonely}", {"data_master_id": found}, expect=422)
    assert error["code"] == "not_a_data_master"
    assert (await api.post(f"/v1/devices/{lonely}", {"data_master_id": master}))["data_master_id"] == master
    assert (await api.post(f"/v1/devices/{lonely}", {"data_master_id": None}))["data_master_id"] is None
    error = await api.post(f"/v1/devices/{master}", {"data_master_id": another}, expect=400)
    assert list(error["details"]) == ["data_master_id"]


async def test_role_changes(api: Client) -> None:
    """What hangs on a base keeps it in its role."""
    master = await base(api, "01", multicell_role="data_master")
    secondary = await base(api, "02", multicell_role="secondary")
    error = await api.post(f"/v1/devices/{master}", {"multicell_role": "single"}, expect=409)
    assert error["code"] == "base_in_use"
    freed = await api.post(f"/v1/devices/{secondary}", {"multicell_role": None})
    assert (freed["multicell_role"], freed["data_master_id"]) == ("single", None)
    handset = await api.device(ipei="0328A00001", base_id=secondary)
    error = await api.post(f"/v1/devices/{secondary}", {"multicell_role": "secondary"}, expect=409)
    assert error["code"] == "base_in_use"
    await api.delete(f"/v1/devices/{handset}")
    joined = await api.post(f"/v1/devices/{secondary}", {"multicell_role": "secondary"})
    assert joined["data_master_id"] == master


async def test_deleting_a_base_takes_its_handsets_along(api: Client) -> None:
    station = await base(api)
    handset = await api.device(ipei="0328A00001", base_id=station)
    await api.delete(f"/v1/dect-bases/{station}")
    await api.get(f"/v1/devices/{handset}", expect=404)
    await api.device(ipei="0328A00001")


async def accounts_of(api: Client, station: str, face: ApiFace) -> dict[str, int]:
    """User name -> number of the SIP account in the base's file."""
    effective = await face.configurations.effective(api.account or "", station)
    return {line.username: line.number for line in effective.lines}


async def user_on(api: Client, handset: str, username: str, *, expect: int = 201) -> Any:
    """A new user on a handset, or how it is refused."""
    user = await api.user(sip={"username": username})
    return await api.post(f"/v1/devices/{handset}/users", {"user_id": user["id"]}, expect=expect)


async def test_account_numbers_are_those_of_slots_where_they_can_be(api: Client, face: ApiFace) -> None:
    """A number that shifts makes every handset behind it ring for somebody else."""
    station = await base(api, model="B9")
    one, two, three = [await api.device(ipei=f"0328A0000{number}", base_id=station) for number in (1, 2, 3)]
    await user_on(api, three, "c")
    await user_on(api, one, "a")
    await user_on(api, one, "a2")
    await user_on(api, two, "b")
    assert await accounts_of(api, station, face) == {"c": 3, "a": 1, "a2": 2, "b": 4}
    await api.delete(f"/v1/devices/{one}")
    await user_on(api, two, "b2")
    assert await accounts_of(api, station, face) == {"c": 3, "b": 4, "b2": 1}
    new = await api.device(ipei="0328A00009", base_id=station)
    assert (await api.get(f"/v1/devices/{new}"))["slot_number"] == 1, "the slot of the one that is gone"
    await user_on(api, new, "n")
    assert (await accounts_of(api, station, face))["n"] == 2, "the number of its slot is another's"


async def test_handset_that_moves_is_numbered_anew(api: Client, face: ApiFace) -> None:
    first, second = await base(api, "01", model="B9"), await base(api, "02", model="B9")
    stays = await api.device(ipei="0328A00001", base_id=second)
    moves = await api.device(ipei="0328A00002", base_id=first)
    for name in ("m1", "m2"):
        await user_on(api, moves, name)
    await user_on(api, stays, "s")
    assert await accounts_of(api, first, face) == {"m1": 1, "m2": 2}
    await api.post(f"/v1/devices/{moves}", {"base_id": second})
    assert await accounts_of(api, first, face) == {}
    assert await accounts_of(api, second, face) == {"s": 1, "m1": 2, "m2": 3}
    await api.post(f"/v1/devices/{moves}", {"base_id": None})
    assert await accounts_of(api, second, face) == {"s": 1}
    await api.post(f"/v1/devices/{moves}", {"base_id": first})
    assert await accounts_of(api, first, face) == {"m1": 1, "m2": 2}


async def test_more_users_than_a_handset_or_a_base_takes(api: Client) -> None:
    """Refused here: an account that is not in the file cannot ring."""
    station = await base(api, model="B2")
    one, two = [await api.device(ipei=f"0328A0000{number}", base_id=station) for number in (1, 2)]
    for name in ("a", "b"):
        await user_on(api, one, name)
    assert (await user_on(api, one, "c", expect=409))["code"] == "handset_full"
    await user_on(api, two, "d")
    assert (await user_on(api, two, "e", expect=409))["code"] == "base_full"
    loose = await api.device(ipei="0328A00003")
    for name in ("x", "y", "z"):
        await user_on(api, loose, name)
    other = await base(api, "02", model="B2")
    assert (await api.post(f"/v1/devices/{loose}", {"base_id": other}, expect=409))["code"] == "handset_full"
    assert (await api.get(f"/v1/devices/{loose}"))["status"] == "unpaired"


async def test_raw_parameters_of_a_handset_are_those_of_its_base(api: Client) -> None:
    """Checked against the file that they end up in, also when the handset comes to a base of another vendor."""
    snom = await api.device(type="dect_base", mac_address="00:04:13:00:00:01", model="M900")
    handset = await api.device(ipei="0328A00001", base_id=await base(api))
    body = {"overrides": {"vendor_overrides": {"handset.1.x": "1"}}}
    assert (await api.post(f"/v1/devices/{handset}", body))["overrides"]["vendor_overrides"]
    error = await api.post(f"/v1/devices/{handset}", {"base_id": snom}, expect=400)
    assert list(error["details"]) == ["overrides.vendor_overrides.handset.1.x"]


async def test_raw_parameters_wait_for_a_vendor(api: Client) -> None:
    handset = await api.device(ipei="0328A00001")
    body = {"overrides": {"vendor_overrides": {"account.1.x": 1}}}
    assert (await api.post(f"/v1/devices/{handset}", body, expect=422))["code"] == "vendor_unknown"


async def test_model_that_gets_no_files_is_refused_when_it_is_created(api: Client) -> None:
    """An operator learns it before the base is hung up, with the reason, and never gets an invented file."""
    body = {"mac_address": "02:00:01:00:00:01", "model": "b0"}
    error = await api.post("/v1/devices", body, expect=400)
    assert error["code"] == "unsupported_model"
    assert "how its files look" in error["details"]["model"]
    station = await base(api)
    assert (await api.post(f"/v1/devices/{station}", {"model": "B0"}, expect=400))["code"] == "unsupported_model"

"""Multicell systems: who belongs to whom, the number they share, and what one call of a promotion moves."""

from typing import Any

import pytest

from tests.api.client import Client


async def base(api: Client, tail: str, role: str, **fields: object) -> str:
    """A base of a system of Acme."""
    wish = {"type": "dect_base", "mac_address": f"02:00:01:00:00:{tail}", "model": "B9", "multicell_role": role}
    return await api.device(**wish | fields)


async def shown(api: Client, device: str) -> Any:
    """A device as it stands."""
    return await api.get(f"/v1/devices/{device}")


async def test_secondaries_wait_for_the_first_data_master(api: Client) -> None:
    """Whoever hangs up the secondaries first need not touch them again; those of another vendor stay alone."""
    waiting = await base(api, "01", "secondary")
    stranger = await api.device(type="dect_base", mac_address="00:04:13:00:00:01", multicell_role="secondary")
    master = await base(api, "02", "data_master")
    assert (await shown(api, waiting))["data_master_id"] == master
    assert (await shown(api, stranger))["data_master_id"] is None
    assert (await shown(api, waiting))["chain_id"] == (await shown(api, master))["chain_id"]
    another = await base(api, "03", "data_master")
    assert (await shown(api, waiting))["data_master_id"] == master, "only the first takes them up"
    error = await api.post(f"/v1/devices/{stranger}", {"data_master_id": another}, expect=422)
    assert error["code"] == "other_vendor"


async def test_role_of_a_model_that_is_always_alone(api: Client) -> None:
    """It would get a multicell block that it does not know, and nobody would see why nothing happens."""
    wish = {"type": "dect_base", "mac_address": "02:00:01:00:00:01", "model": "B2"}
    error = await api.post("/v1/devices", {**wish, "multicell_role": "data_master"}, expect=422)
    assert error["code"] == "multicell_unsupported"
    assert list(error["details"]) == ["multicell_role"]
    alone = await api.device(**wish)
    for change in ({"multicell_role": "secondary"}, {"multicell_role": "data_master", "name": "x"}):
        assert (await api.post(f"/v1/devices/{alone}", change, expect=422))["code"] == "multicell_unsupported"
    assert (await shown(api, alone))["name"] is None, "a refused change changes nothing"
    master = await base(api, "02", "data_master")
    assert (await api.post(f"/v1/devices/{master}", {"model": "B2"}, expect=422))["code"] == "multicell_unsupported"


async def test_system_takes_as_many_bases_as_its_model_allows(api: Client) -> None:
    await base(api, "01", "data_master")
    for tail in ("02", "03"):
        await base(api, tail, "secondary")
    wish = {"type": "dect_base", "mac_address": "02:00:01:00:00:04", "multicell_role": "secondary"}
    assert (await api.post("/v1/devices", wish, expect=409))["code"] == "system_full"


async def test_chain_id_is_made_kept_and_shown_on_every_base(api: Client) -> None:
    """Bases with another number never find each other, so it must not change by itself."""
    master = await base(api, "01", "data_master")
    chain = (await shown(api, master))["chain_id"]
    assert chain.isdigit()
    assert len(chain) == 5
    secondary = await base(api, "02", "secondary")
    await api.post(f"/v1/devices/{master}", {"name": "Main hall"})
    assert {(await shown(api, one))["chain_id"] for one in (master, secondary)} == {chain}
    assert (await shown(api, await base(api, "09", "single")))["chain_id"] is None
    listed = {one["id"]: one for one in (await api.get("/v1/dect-bases?limit=100"))["data"]}
    assert listed[secondary]["chain_id"] == chain


async def test_chain_id_can_be_set_on_the_data_master(api: Client) -> None:
    """A system that exists keeps the number its bases already have."""
    master = await base(api, "01", "data_master", chain_id="512")
    secondary = await base(api, "02", "secondary")
    assert (await shown(api, secondary))["chain_id"] == "512"
    assert (await api.post(f"/v1/devices/{master}", {"chain_id": "20461"}))["chain_id"] == "20461"
    assert (await api.post(f"/v1/devices/{master}", {"chain_id": "20461"}))["chain_id"] == "20461"
    made = (await api.post(f"/v1/devices/{master}", {"chain_id": None}))["chain_id"]
    assert made not in (None, "20461")
    error = await api.post(f"/v1/devices/{secondary}", {"chain_id": "20462"}, expect=422)
    assert error["code"] == "not_a_data_master"
    phone = await api.phone()
    await api.post(f"/v1/devices/{phone}", {"chain_id": "20462"}, expect=400)
    for wrong in ("0", "012", "100000", "12a", "", 20461):
        await api.post(f"/v1/devices/{master}", {"chain_id": wrong}, expect=400)
    freed = await api.post(f"/v1/devices/{secondary}", {"multicell_role": "single"})
    assert freed["chain_id"] is None


async def test_chain_id_and_user_names_never_meet(api: Client) -> None:
    """Some systems register the chain id as a user: two of one name would take each other's calls."""
    await api.user(sip={"username": "20461"})
    master = await base(api, "01", "data_master")
    error = await api.post(f"/v1/devices/{master}", {"chain_id": "20461"}, expect=409)
    assert error["code"] == "chain_id_taken"
    other = await base(api, "02", "data_master", chain_id="20462")
    error = await api.post(f"/v1/devices/{master}", {"chain_id": "20462"}, expect=409)
    assert error["code"] == "chain_id_taken"
    for body in ({"name": "A", "extension": "20462"}, {"name": "A", "sip": {"username": "20462"}}):
        error = await api.post("/v1/users", body, expect=409)
        assert (error["code"], list(error["details"])) == ("chain_id_taken", ["sip.username"])
    user = await api.user()
    path = f"/v1/users/{user['id']}"
    assert (await api.post(path, {"sip": {"username": "20462"}}, expect=409))["code"] == "chain_id_taken"
    await api.post(path, {"extension": "20462"})
    await api.post(f"/v1/devices/{other}", {"multicell_role": "single"})
    await api.post(path, {"sip": {"username": "20462"}})


async def test_promotion_moves_the_whole_system(api: Client) -> None:
    """The data master has died: one call, and the handsets ring again without anybody typing an IPEI."""
    old, new, third = [
        await base(api, tail, role) for tail, role in (("01", "data_master"), ("02", "secondary"), ("03", "secondary"))
    ]
    chain = (await shown(api, old))["chain_id"]
    handsets = [await api.device(ipei=f"0328A0000{number}", base_id=old) for number in range(1, 4)]
    user = await api.user()
    await api.post(f"/v1/devices/{handsets[2]}/users", {"user_id": user["id"]}, expect=201)
    await api.delete(f"/v1/devices/{handsets[0]}")
    promoted = await api.post(f"/v1/devices/{new}", {"multicell_role": "data_master", "name": "Now first"})
    assert (promoted["multicell_role"], promoted["data_master_id"]) == ("data_master", None)
    assert (promoted["chain_id"], promoted["name"]) == (chain, "Now first")
    assert [(one["id"], one["slot_number"]) for one in promoted["handsets"]] == [(handsets[1], 2), (handsets[2], 3)]
    before = await shown(api, old)
    assert (before["multicell_role"], before["data_master_id"], before["handsets"]) == ("secondary", new, [])
    assert before["chain_id"] == chain
    assert (await shown(api, third))["data_master_id"] == new
    assert [event["type"] for event in (await api.get(f"/v1/devices/{old}/events"))["data"]].count("updated") == 1
    body = {"multicell_role": "data_master", "data_master_id": new}
    assert list((await api.post(f"/v1/devices/{third}", body, expect=400))["details"]) == ["data_master_id"]


async def test_promotion_of_a_model_that_is_too_small(api: Client) -> None:
    """Handsets beyond what it takes could not ring."""
    old = await base(api, "01", "data_master")
    small = await base(api, "02", "secondary", model="B3")
    for number in range(1, 4):
        await api.device(ipei=f"0328A0000{number}", base_id=old)
    error = await api.post(f"/v1/devices/{small}", {"multicell_role": "data_master"}, expect=409)
    assert error["code"] == "base_full"
    assert (await shown(api, small))["multicell_role"] == "secondary"
    assert len((await shown(api, old))["handsets"]) == 3


async def test_promotion_of_a_base_that_belongs_to_nobody_is_a_plain_change(api: Client) -> None:
    lonely = await base(api, "01", "secondary")
    promoted = await api.post(f"/v1/devices/{lonely}", {"multicell_role": "data_master"})
    assert promoted["multicell_role"] == "data_master"
    assert promoted["chain_id"]


async def test_promotion_in_another_account_is_404(platform: Client) -> None:
    accounts = [await platform.post("/v1/accounts", {"name": name}, expect=201) for name in ("A", "B")]
    here, there = (platform.acting_in(account["id"]) for account in accounts)
    await base(here, "01", "data_master")
    secondary = await base(here, "02", "secondary")
    await there.post(f"/v1/devices/{secondary}", {"multicell_role": "data_master"}, expect=404)
    foreign = await base(there, "03", "data_master")
    await here.post(f"/v1/devices/{secondary}", {"data_master_id": foreign}, expect=404)


@pytest.mark.parametrize("path", ["/v1/devices", "/v1/dect-bases"])
async def test_data_master_with_secondaries_is_deleted_on_purpose_only(api: Client, path: str) -> None:
    """Deleting it alone would leave bases that nobody configures."""
    master, secondary = await base(api, "01", "data_master"), await base(api, "02", "secondary")
    handset = await api.device(ipei="0328A00001", base_id=master)
    error = await api.delete(f"{path}/{master}", expect=409)
    assert error["code"] == "base_in_use"
    await api.delete(f"{path}/{master}?cascade=maybe", expect=400)
    await api.delete(f"{path}/{master}?cascade=false", expect=409)
    await api.delete(f"{path}/{master}?cascade=true")
    for gone in (master, secondary, handset):
        await api.get(f"/v1/devices/{gone}", expect=404)


async def test_secondary_alone_can_be_deleted(api: Client) -> None:
    master, secondary = await base(api, "01", "data_master"), await base(api, "02", "secondary")
    await api.delete(f"/v1/devices/{secondary}")
    await api.delete(f"/v1/devices/{master}")

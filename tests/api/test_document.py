"""The flow of the public document: create, assign, customise, list, delete."""

from tests.api.client import Client


async def test_desk_phone_from_creation_to_deletion(api: Client) -> None:
    """Whoever follows the document step by step ends up with a phone and takes it away again."""
    user = await api.user("Ada", extension="101")
    created = await api.post("/v1/devices", {"type": "deskphone", "mac_address": "00:04:13:aa:bb:cc"}, expect=201)
    assert created == {"id": created["id"], "type": "deskphone"}
    path = f"/v1/devices/{created['id']}"
    assigned = await api.post(f"{path}/users", {"user_id": user["id"]}, expect=201)
    assert assigned["user_id"] == assigned["user"] == user["id"]
    assert assigned["device_id"] == assigned["device"] == created["id"]
    assert assigned["line_number"] == 1
    device = await api.get(path)
    assert device["vendor"] == "snom"
    assert device["status"] == "pending-sync"
    assert device["config_state"] == "never"
    assert device["lines"][0]["user"] == user["id"]
    overrides = {"abstractions": {"audio": {"codecs": ["PCMU", "PCMA"], "echo_cancellation": True}}}
    changed = await api.post(f"/v1/deskphones/{created['id']}", {"overrides": overrides})
    assert changed["overrides"]["abstractions"] == overrides["abstractions"]
    listed = await api.get("/v1/devices?type=deskphone")
    assert [item["id"] for item in listed["data"]] == [created["id"]]
    assert (await api.get(f"{path}/users"))["data"][0]["user_id"] == user["id"]
    await api.delete(f"{path}/users/{user['id']}")
    await api.delete(path)
    await api.get(path, expect=404)


async def test_dect_system(api: Client) -> None:
    """A base, a handset on it by IPEI, a user on the handset, and a secondary base."""
    user = await api.user()
    base = await api.post("/v1/devices", {"type": "dect_base", "mac_address": "00:04:13:bb:cc:dd"}, expect=201)
    assert base["type"] == "dect_base"
    wish = {"type": "dect_handset", "base_id": base["id"], "ipei": "0328A0000F", "display_name": "Front Desk"}
    handset = await api.post("/v1/devices", wish, expect=201)
    assigned = await api.post(f"/v1/devices/{handset['id']}/users", {"user_id": user["id"]}, expect=201)
    assert assigned["device_id"] == handset["id"]
    secondary = {"type": "dect_base", "mac_address": "00:04:13:bb:cc:ee", "multicell_role": "secondary"}
    await api.post("/v1/devices", secondary, expect=201)
    shown = await api.get(f"/v1/devices/{base['id']}")
    assert shown["multicell_role"] == "single"
    assert shown["max_handsets"] == 20, "what the smallest of these bases takes, until it has told its model"
    assert [item["display_name"] for item in shown["handsets"]] == ["Front Desk"]
    await api.delete(f"/v1/devices/{base['id']}")
    await api.get(f"/v1/devices/{handset['id']}", expect=404)

"""Users and their SIP accounts."""

import re

import pytest

from tests.api.client import Client


async def test_user_without_sip_gets_usable_credentials(api: Client) -> None:
    """An administrator who knows nothing of SIP gets a user that works."""
    with_extension = await api.user("Ada", extension="101", email="ada@example.net")
    assert with_extension["sip"]["username"] == "101"
    without = await api.user("Eve")
    assert re.fullmatch(r"u[2-9a-z]{11}", without["sip"]["username"])


async def test_password_never_comes_out(api: Client) -> None:
    """Neither in the user, nor in lists, nor in the audit trail, nor in what the phone's files show."""
    user = await api.user("Ada", sip={"username": "ada", "password": "tell-nobody"})
    phone = await api.phone("00:04:13:00:00:01")
    await api.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
    await api.post(f"/v1/users/{user['id']}", {"sip": {"password": "tell-nobody-2"}})
    files = await api.get(f"/v1/devices/{phone}/files")
    contents = [await api.get(f"/v1/devices/{phone}/files/{file['name']}") for file in files["data"] if file["served"]]
    assert any("********" in content["content"] for content in contents)
    seen = [
        user,
        contents,
        await api.get("/v1/users"),
        await api.get("/v1/audit?limit=100"),
        await api.get(f"/v1/devices/{phone}/settings"),
        await api.get(f"/v1/devices/{phone}/events"),
        await api.get(f"/v1/devices/{phone}?expand[]=users"),
    ]
    assert "tell-nobody" not in str(seen)
    assert "'password'" not in str(user)


async def test_merge_patch(api: Client) -> None:
    """Absent stays, value sets, null clears; the SIP account merges."""
    user = await api.user(
        "Ada", email="a@b.c", extension="101", sip={"display_name": "Desk", "domain": "pbx.example.net"}
    )
    path = f"/v1/users/{user['id']}"
    changed = await api.post(path, {"email": None, "sip": {"display_name": None, "auth_username": "auth"}})
    assert changed["email"] is None
    assert changed["sip"] == {
        "username": "101",
        "auth_username": "auth",
        "domain": "pbx.example.net",
        "display_name": None,
    }
    assert changed["updated_at"] > user["updated_at"]
    assert (await api.get(path)) == changed
    assert (await api.post(path)) == changed
    cleared = await api.post(path, {"sip": None})
    assert cleared["sip"] == {"username": "101", "auth_username": None, "domain": None, "display_name": None}
    assert "name" in (await api.post(path, {"name": None}, expect=400))["details"]


async def test_conflicts_are_named(api: Client) -> None:
    await api.user("Ada", extension="101", sip={"username": "ada"})
    error = await api.post("/v1/users", {"name": "Eve", "extension": "101", "sip": {"username": "eve"}}, expect=409)
    assert error["code"] == "extension_taken"
    error = await api.post("/v1/users", {"name": "Eve", "sip": {"username": "ada"}}, expect=409)
    assert error["code"] == "sip_username_taken"


@pytest.mark.parametrize(
    "body",
    [
        {"email": "nobody"},
        {"extension": "1 2"},
        {"sip": {"username": "a@b"}},
        {"sip": {"domain": "not a host"}},
        {"sip": {"password": ""}},
        {"sip": {"secret": "x"}},
    ],
)
async def test_bad_fields_are_400(api: Client, body: dict[str, object]) -> None:
    await api.post("/v1/users", {"name": "Ada", **body}, expect=400)


async def test_deleting_a_user_frees_its_lines(api: Client) -> None:
    user, phone = await api.user(), await api.phone("00:04:13:00:00:01")
    await api.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
    await api.delete(f"/v1/users/{user['id']}")
    assert (await api.get(f"/v1/devices/{phone}"))["lines"] == []
    kinds = [event["type"] for event in (await api.get(f"/v1/devices/{phone}/events"))["data"]]
    assert kinds == ["user_removed", "user_assigned", "created"]
    await api.delete(f"/v1/users/{user['id']}", expect=404)


async def test_value_that_a_phone_cannot_hold_is_refused(api: Client) -> None:
    """A file must never be broken by a name: refused when it is typed, or when the user is put on the device."""
    odd, plain = await api.user("100% Ada"), await api.user("Eve")
    phone = await api.phone()
    refused = await api.post(f"/v1/devices/{phone}/users", {"user_id": odd["id"]}, expect=422)
    assert refused["code"] == "value_not_expressible"
    assert list(refused["details"]) == ["name"]
    await api.post(f"/v1/devices/{phone}/users", {"user_id": plain["id"]}, expect=201)
    refused = await api.post(f"/v1/users/{plain['id']}", {"sip": {"password": "50%off"}}, expect=422)
    assert list(refused["details"]) == ["sip.password"]
    assert (await api.get(f"/v1/users/{plain['id']}"))["name"] == "Eve"

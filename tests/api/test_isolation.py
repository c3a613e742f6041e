"""No key of one account reaches anything of another: checked on every route that the document has."""

from typing import Any

from provserver.api.routes import ROUTES
from tests.api.client import Client, TwoTenants


async def _belongings(client: Client, mac: str, ipei: str) -> dict[str, dict[str, str]]:
    """One thing of each kind; what goes into the places of a path, by its first words."""
    user = await client.user()
    phone = await client.phone(f"00:04:13:00:{mac}:01")
    base = await client.device(mac_address=f"02:00:01:00:{mac}:02", type="dect_base")
    handset = await client.device(ipei=ipei, base_id=base)
    await client.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
    job = await client.post("/v1/check_sync_jobs", {"filter": {"location": "nowhere"}}, expect=201)
    return {
        "users": {"id": user["id"]},
        "devices": {"id": phone, "user_id": user["id"], "name": "anything"},
        "deskphones": {"id": phone},
        "dect-bases": {"id": base, "hid": handset},
        "check_sync_jobs": {"id": job["id"]},
    }


async def test_everything_of_another_account_is_404(tenants: TwoTenants) -> None:
    """An account key gets the same 404 for a foreign id as for one that does not exist, whatever the method."""
    own = await _belongings(tenants.first, "01", "0328A00001")
    foreign = await _belongings(tenants.second, "02", "0328A00002")
    bodies: dict[str, Any] = {
        "/v1/devices/{id}/users": {"user_id": own["users"]["id"]},
        "/v1/dect-bases/{id}/handsets": {"ipei": "0328A00003"},
    }
    tried = 0
    for route in ROUTES:
        if route.scope != "account" or not route.parameters:
            continue
        body = bodies.get(route.path, {}) if route.body else None
        theirs = foreign[route.path.split("/")[2]]
        nowhere = {name: f"{value.partition('_')[0]}_{'0' * 26}" for name, value in theirs.items()}
        replies = [
            await tenants.first.send(route.method, route.openapi_path.format(**places), body)
            for places in (theirs, nowhere)
        ]
        assert [reply.status for reply in replies] == [404, 404], route
        told = [reply.text.replace(places["id"], "") for reply, places in zip(replies, (theirs, nowhere), strict=True)]
        assert told[0] == told[1], route
        tried += 1
    assert tried > 20
    for path in ("/v1/devices", "/v1/users", "/v1/dect-bases"):
        listed = await tenants.second.get(path)
        assert listed["data"], "nothing of the other account was deleted"


async def test_ids_of_another_account_in_a_body_are_404(tenants: TwoTenants) -> None:
    own = await _belongings(tenants.first, "01", "0328A00001")
    foreign = await _belongings(tenants.second, "02", "0328A00002")
    phone, handset = own["devices"]["id"], own["dect-bases"]["hid"]
    user, base = foreign["users"]["id"], foreign["dect-bases"]["id"]
    await tenants.first.post(f"/v1/devices/{phone}/users", {"user": user}, expect=404)
    await tenants.first.post(f"/v1/devices/{handset}", {"base": base}, expect=404)
    await tenants.first.post("/v1/devices", {"ipei": "0328A00009", "base": base}, expect=404)
    body = {"type": "dect_base", "mac_address": "020001000009", "multicell_role": "secondary", "data_master_id": base}
    await tenants.first.post("/v1/devices", body, expect=404)


async def test_typed_paths_only_know_their_type(api: Client) -> None:
    phone = await api.phone("00:04:13:00:00:01")
    base = await api.device(mac_address="00:04:13:00:00:02", type="dect_base")
    await api.get(f"/v1/deskphones/{base}", expect=404)
    await api.delete(f"/v1/dect-bases/{phone}", expect=404)
    await api.get(f"/v1/deskphones/{phone}")


async def test_mac_of_another_account_is_taken_without_telling_whose(tenants: TwoTenants) -> None:
    await tenants.first.phone("00:04:13:00:00:01")
    error = await tenants.second.post("/v1/devices", {"mac_address": "000413000001"}, expect=409)
    assert error["code"] == "mac_address_taken"
    assert str(tenants.first.account) not in str(error)


async def test_account_sees_its_own_audit_trail_and_usage_only(tenants: TwoTenants) -> None:
    await tenants.first.user("Secret Agent")
    assert "Secret Agent" not in str(await tenants.second.get("/v1/audit?limit=100"))
    assert "Secret Agent" in str(await tenants.first.get("/v1/audit?limit=100"))
    counted = await tenants.second.get("/v1/usage?from=2026-01-01&to=2027-01-01")
    assert [item["account_id"] for item in counted["data"]] == [tenants.second.account]

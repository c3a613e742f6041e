"""The audit trail: nothing changes without an entry, and no entry holds a secret."""

import pytest

from provserver.api.face import ApiFace
from provserver.api.routes import ROUTES
from tests.api.client import Client, TwoTenants
from tests.api.everything import Things, deepest_first, knock

MARK = "MARKED"


async def test_every_route_that_changes_something_leaves_an_entry(platform: Client, api: Client, face: ApiFace) -> None:
    """Taken from the route table: a new route without an entry, or without a request for it here, fails this test."""
    things = await Things.made(api, 1, MARK)
    spare = await platform.post("/v1/api_keys", {"name": "spare"}, expect=201)
    second = await api.user("second")
    things.places |= {"api_keys": {"id": spare["id"]}}
    await knock(face, things)
    unaudited = []
    for route in sorted((route for route in ROUTES if route.writes), key=deepest_first):
        body = {"user_id": second["id"]} if route.openapi_path == "/v1/devices/{id}/users" else None
        if route.path == "/v1/check_sync_jobs":
            body = {"filter": {}, "rate_per_second": 1}
        client = platform if route.scope == "platform" else api
        reply = await things.send(route.method, route.openapi_path, body, client)
        done = reply.status < 300 or "lines" in reply.json  # told, and nobody accepted
        assert done, f"{route.method} {route.path}: give it a request in tests/api/everything.py: {reply.text}"
        if route.path == "/v1/check_sync_jobs":
            things.places["check_sync_jobs"] = {"id": reply.json["id"]}
        entries = (await platform.get("/v1/audit?limit=100"))["data"]
        own = [entry for entry in entries if entry["request_id"] == reply.headers["X-Request-Id"]]
        if not own or own[0]["source_ip"] != "127.0.0.1" or own[0]["key_id"] != "key_bootstrap":
            unaudited.append(f"{route.method} {route.path}: {own}")
        assert "-sip" not in str(entries)
        assert "-admin" not in str(entries)
        assert "-raw" not in str(entries)
    assert unaudited == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=user.updated", 1),
        ("resource_id={user}", 2),
        ("resource_id=user_none", 0),
        ("key_id=key_none", 0),
        ("from=2026-11-22&to=2026-11-23&action=user.created", 1),
        ("from=2026-11-23", 0),
        ("to=2026-11-22", 0),
    ],
)
async def test_entries_are_found_by_what_is_known(tenants: TwoTenants, query: str, found: int) -> None:
    user = await tenants.first.user()
    await tenants.first.post(f"/v1/users/{user['id']}", {"name": "Eve", "sip": {"password": "MARKED-secret"}})
    listed = await tenants.first.get(f"/v1/audit?{query.format(user=user['id'])}")
    assert len(listed["data"]) == found
    assert "MARKED-secret" not in str(listed)
    assert (await tenants.second.get(f"/v1/audit?resource_id={user['id']}"))["data"] == []


async def test_entry_tells_before_and_after_and_that_a_password_changed(tenants: TwoTenants) -> None:
    user = await tenants.first.user()
    await tenants.first.post(f"/v1/users/{user['id']}", {"name": "Eve", "sip": {"password": "MARKED-secret"}})
    (entry,) = (await tenants.first.get("/v1/audit?action=user.updated"))["data"]
    assert (entry["before"]["name"], entry["after"]["name"]) == ("Ada", "Eve")
    assert entry["after"]["sip_password"] == "changed"

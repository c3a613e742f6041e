"""Accounts, keys, the audit trail, usage, health, metrics, the documents."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from prometheus_client import CollectorRegistry

from provserver.api.app import build_api
from provserver.api.face import ApiFace
from tests.api.client import Client, Clock
from tests.api.test_devices import fetched


async def test_account_life(platform: Client) -> None:
    account = await platform.post(
        "/v1/accounts", {"name": "Acme", "timezone": "Europe/Berlin", "region": "eu"}, expect=201
    )
    path = f"/v1/accounts/{account['id']}"
    assert account["status"] == "active"
    changed = await platform.post(path, {"region": None, "status": "suspended"})
    assert (changed["region"], changed["status"], changed["timezone"]) == (None, "suspended", "Europe/Berlin")
    assert (await platform.post(path, {"status": None}))["status"] == "active"
    assert await platform.post(path) == await platform.get(path)
    await platform.post(path, {"name": None}, expect=400)
    await platform.post(path, {"timezone": "Mars/Base"}, expect=400)
    inside = platform.acting_in(account["id"])
    phone = await inside.phone()
    await platform.delete(path)
    await platform.get(path, expect=404)
    await inside.get(f"/v1/devices/{phone}", expect=404)
    assert [one["id"] for one in (await platform.get("/v1/accounts"))["data"]] == []


async def test_key_is_shown_once(platform: Client, api: Client) -> None:
    """Only its hash is kept: nobody can read a key out of the API afterwards."""
    made = await platform.post("/v1/api_keys", {"name": "ci", "account_id": api.account}, expect=201)
    assert re.fullmatch(r"sk_live_[2-9A-Za-z]{40}", made["key"])
    assert made["hint"] == made["key"][-4:]
    listed = await platform.get(f"/v1/api_keys?account_id={api.account}")
    assert made["key"] not in str(listed)
    assert [key["id"] for key in listed["data"]] == [made["id"]]
    await platform.post("/v1/api_keys", {"name": "x", "account_id": "acct_none"}, expect=404)
    await platform.delete("/v1/api_keys/key_none", expect=404)


async def test_audit_says_who_changed_what(platform: Client, api: Client) -> None:
    made = await platform.post("/v1/api_keys", {"name": "ci", "account_id": api.account}, expect=201)
    phone = await api.with_key(made["key"]).phone(name="Before")
    await api.post(
        f"/v1/devices/{phone}", {"name": "After", "overrides": {"abstractions": {"display": {"time_format": "12h"}}}}
    )
    entries = (await api.get("/v1/audit?limit=2"))["data"]
    updated, created = entries
    assert (created["action"], created["key_id"], created["resource_id"]) == ("device.created", made["id"], phone)
    assert created["before"] is None
    assert (updated["before"]["name"], updated["after"]["name"]) == ("Before", "After")
    assert updated["after"]["overrides"]["abstractions"] == {"display": {"time_format": "12h"}}
    assert updated["key_id"] == "key_bootstrap"
    everything = (await platform.get("/v1/audit?limit=100"))["data"]
    assert {"account.created", "api_key.created"} <= {entry["action"] for entry in everything}
    assert "token" not in str(everything)


async def test_usage_counts_a_user_once(platform: Client, api: Client, face: ApiFace) -> None:
    """What is billed is users on provisioned devices, however many devices each has."""
    user = await api.user()
    for mac in ("00:15:65:00:00:01", "00:15:65:00:00:02"):
        phone = await api.phone(mac)
        await api.post(f"/v1/devices/{phone}/users", {"user_id": user["id"]}, expect=201)
        await fetched(face, api.account, phone)
    counted = await api.get("/v1/usage?from=2026-11-01&to=2026-12-01")
    assert counted["data"] == [{"account_id": api.account, "provisioned_users": 1}]
    assert counted["from"] == "2026-11-01T00:00:00Z"
    assert (await platform.get("/v1/usage?from=2026-11-01&to=2026-12-01"))["data"] == counted["data"]
    assert (await api.get("/v1/usage?from=2026-10-01&to=2026-11-01"))["data"][0]["provisioned_users"] == 0
    await api.get("/v1/usage?from=2026-12-01&to=2026-11-01", expect=400)
    this_month = await api.get("/v1/usage")
    assert this_month == counted | {"to": this_month["to"]}


async def test_health(platform: Client, face: ApiFace, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = platform.with_key(None)
    assert await nobody.get("/healthz") == {"status": "ok"}
    assert await nobody.get("/readyz") == {"status": "ready"}
    assert (await nobody.send("HEAD", "/healthz")).status == 200

    async def outdated(_: object) -> str:
        return "outdated"

    monkeypatch.setattr("provserver.services.readiness.schema_state", outdated)
    await nobody.get("/readyz", expect=503)
    await nobody.get("/healthz")


async def test_metrics_count_by_route_and_not_by_id(platform: Client, api: Client) -> None:
    await api.get("/v1/devices/dev_x", expect=404)
    reply = await platform.with_key(None).send("GET", "/metrics")
    assert 'route="/v1/devices/{id}",status="404"} 1.0' in reply.text
    assert "dev_x" not in reply.text
    assert reply.headers["Content-Type"].startswith("text/plain")


class _Loads(HTMLParser):
    """Collects what a page would load, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.loads += [str(found[name]) for name in ("src", "srcset") if name in found]
        self.loads += [str(found["href"])] if tag == "link" else []
        if found.get("id"):
            self.ids.add(str(found["id"]))
        if (found.get("href") or "").startswith("#"):
            self.targets.add(str(found["href"])[1:])


async def test_docs_page_loads_nothing_and_links_inside(platform: Client) -> None:
    """Readable in a closed network; no link leads nowhere."""
    reply = await platform.with_key(None).send("GET", "/docs")
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
    page = _Loads()
    page.feed(reply.text)
    assert page.loads == []
    assert page.targets <= page.ids
    assert "/v1/devices/{id}/users" in reply.text


async def test_document_names_every_route(platform: Client, face: ApiFace) -> None:
    """Whatever answers is documented, and the other way round."""
    document = await platform.with_key(None).get("/openapi.json")
    assert document["openapi"] == "3.1.0"
    documented = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    served = {
        (route.method, str(route.resource.canonical))
        for route in build_api(replace(face, registry=CollectorRegistry())).router.routes()
        if route.resource and route.method != "HEAD"
    }
    assert {(method, path.replace("{name:.+}", "{name}")) for method, path in served} - documented == {
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
    }
    assert documented <= {(method, path.replace("{name:.+}", "{name}")) for method, path in served}
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references == set(document["components"]["schemas"])
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))


async def test_key_use_is_noted_without_a_write_per_request(platform: Client, api: Client, clock: Clock) -> None:
    made = await platform.post("/v1/api_keys", {"name": "ci", "account_id": api.account}, expect=201)
    used = api.with_key(made["key"])
    seen = []
    for minutes in (0, 1, 10):
        clock.turn(minutes=minutes)
        await used.get("/v1/users")
        seen.append((await platform.get(f"/v1/api_keys?account_id={api.account}"))["data"][0]["last_used_at"])
    assert seen[0] == seen[1] < seen[2]

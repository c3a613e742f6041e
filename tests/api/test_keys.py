"""What each kind of key reaches, how keys end, and how guessing them is slowed."""

from collections import Counter

import pytest

from provserver.api.app import ApiFace
from provserver.api.routes import ROUTES
from tests.api.client import Client, Clock
from tests.api.everything import STREAM, Things, deepest_first


async def _key(platform: Client, api: Client, **wish: object) -> Client:
    made = await platform.post("/v1/api_keys", {"name": "k", "account_id": api.account, **wish}, expect=201)
    return platform.with_key(made["key"])


async def _reached(things: Things, client: Client) -> dict[str, set[str]]:
    """Whether a key is let in, by method and path: `yes`, or the code of the refusal."""
    found: dict[str, set[str]] = {}
    for route in sorted(ROUTES, key=deepest_first):
        if route.path != STREAM:
            reply = await things.send(route.method, route.openapi_path, client=client)
            code = reply.json["code"] if reply.status == 403 else "yes"
            found.setdefault(code, set()).add(f"{route.method} {route.openapi_path}")
    return found


async def test_a_key_for_provisioning_reaches_devices_and_nothing_else(platform: Client, api: Client) -> None:
    """An installer's key in the wrong hands makes phones, but no keys, no passwords, no settings for everybody."""
    things = await Things.made(api, 1)
    key = await _key(platform, api, provisioning_only=True)
    things.places["api_keys"] = {"id": (await platform.get("/v1/api_keys"))["data"][0]["id"]}
    reached = await _reached(things, key)
    assert set(reached) == {"yes", "platform_key_required", "provisioning_only_key"}
    let_in = {path.split(" ")[1].split("/")[2] for path in reached["yes"]}
    assert let_in == {"devices", "deskphones", "dect-bases", "check_sync_jobs", "users", "vendors"}
    assert {path for path in reached["yes"] if path.split("/")[2] in ("users", "vendors")} == {
        "GET /v1/users",
        "GET /v1/users/{id}",
        "GET /v1/vendors",
        "GET /v1/vendors/{vendor}",
    }
    assert {"POST /v1/users", "POST /v1/account/config", "GET /v1/audit"} <= reached["provisioning_only_key"]


async def test_a_platform_key_for_provisioning_reaches_no_platform(platform: Client, api: Client) -> None:
    made = await platform.post("/v1/api_keys", {"name": "k", "provisioning_only": True}, expect=201)
    installer = platform.with_key(made["key"])
    for path in ("/v1/accounts", "/v1/api_keys", "/v1/platform/config", "/v1/unknown_devices"):
        assert (await installer.get(path, expect=403))["code"] == "provisioning_only_key"
    await installer.acting_in(api.account).phone()


async def test_a_key_that_reads_changes_nothing(platform: Client, api: Client) -> None:
    things = await Things.made(api, 1)
    things.places["api_keys"] = {"id": (await platform.post("/v1/api_keys", {"name": "s"}, expect=201))["id"]}
    reached = await _reached(things, await _key(platform, api, read_only=True))
    assert all(path.startswith("GET") for path in reached["yes"])
    both = await _reached(things, await _key(platform, api, read_only=True, provisioning_only=True))
    assert all(path.startswith("GET") for path in both["yes"])
    assert "GET /v1/audit" in reached["yes"] - both["yes"]


async def test_a_key_ends_at_its_time(platform: Client, api: Client, clock: Clock) -> None:
    key = await _key(platform, api, expires_at="2026-11-23T00:00:00Z")
    await key.get("/v1/users")
    clock.turn(days=1)
    assert (await key.get("/v1/users", expect=401))["code"] == "unauthenticated"
    wish = {"name": "k", "expires_at": "2026-11-23"}
    assert "expires_at" in (await platform.post("/v1/api_keys", wish, expect=400))["details"]


async def test_one_key_is_shown_without_itself(platform: Client) -> None:
    made = await platform.post("/v1/api_keys", {"name": "ci"}, expect=201)
    shown = await platform.get(f"/v1/api_keys/{made['id']}")
    assert shown == {name: value for name, value in made.items() if name != "key"}
    await platform.get("/v1/api_keys/key_none", expect=404)


async def _tried(platform: Client, name: str, count: int) -> Counter[int]:
    return Counter([(await platform.with_key(f"{name}{n}").send("GET", "/v1/users")).status for n in range(count)])


async def test_guessing_keys_is_slowed_and_whoever_has_one_goes_on(platform: Client, api: Client, clock: Clock) -> None:
    """From one address: the guesser has 20 tries and then one every three seconds; a key in use is not held."""
    used, fresh = await _key(platform, api), await _key(platform, api)
    await used.get("/v1/users")
    tried = await _tried(platform, "guess", 60)
    assert tried[401] == 20
    assert tried[429] == 40
    refused = await platform.with_key("another guess").send("GET", "/v1/users")
    assert refused.json["code"] == "too_many_wrong_keys"
    assert 1 <= int(refused.headers["Retry-After"]) <= 3
    await used.get("/v1/users")
    assert (await fresh.send("GET", "/v1/users")).status == 429, "a right guess cannot be told from a wrong one"
    clock.turn(seconds=int(refused.headers["Retry-After"]))
    await fresh.get("/v1/users")


async def test_a_program_with_an_old_key_holds_nobody(platform: Client, api: Client) -> None:
    """It comes with the same wrong key every minute, from the address of all others."""
    for _ in range(50):
        await platform.with_key("sk_live_old").get("/v1/users", expect=401)
    await (await _key(platform, api)).get("/v1/users")


async def test_a_revoked_key_is_no_longer_known(platform: Client, api: Client) -> None:
    made = await platform.post("/v1/api_keys", {"name": "k", "account_id": api.account}, expect=201)
    await platform.with_key(made["key"]).get("/v1/users")
    await platform.delete(f"/v1/api_keys/{made['id']}")
    await platform.with_key(made["key"]).get("/v1/users", expect=401)


async def test_what_is_remembered_of_guesses_is_bounded(face: ApiFace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provserver.services.protection.key_guessing._KEYS", 100)
    now = face.sources.now()
    for number in range(1000):
        face.guesses.wrong(f"192.0.2.{number % 250}", f"digest {number}", now)
        face.guesses.good(f"good {number}")
    assert len(face.guesses._wrong) == len(face.guesses._good) == 100

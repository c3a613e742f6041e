"""What holds on every route: keys, accounts, errors, bodies, pages, repetition."""

import asyncio
import io
import json

import pytest

from tests.api.client import Client, Clock, TwoTenants
from tests.listening.openings import said


async def test_request_without_a_key_is_401_with_a_challenge(platform: Client) -> None:
    reply = await platform.with_key(None).send("GET", "/v1/devices")
    assert reply.status == 401
    assert reply.json["code"] == "unauthenticated"
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("value", ["Basic abc", "Bearer", "Bearer ", "sk_live_x", "Bearer \xff\xfe"])
async def test_malformed_authorization_is_401(platform: Client, value: str) -> None:
    reply = await platform.send("GET", "/v1/accounts", headers={"Authorization": value})
    assert reply.status == 401


async def test_expired_and_revoked_keys_are_401(platform: Client, clock: Clock) -> None:
    """A key must not outlive the date it was given, nor its revocation."""
    expiring = await platform.post("/v1/api_keys", {"name": "x", "expires_at": "2026-11-22T13:00:00Z"}, expect=201)
    revoked = await platform.post("/v1/api_keys", {"name": "y"}, expect=201)
    for key in (expiring, revoked):
        await platform.with_key(key["key"]).get("/v1/accounts")
    clock.turn(hours=2)
    await platform.delete(f"/v1/api_keys/{revoked['id']}")
    for key in (expiring, revoked):
        await platform.with_key(key["key"]).get("/v1/accounts", expect=401)
    shown = {key["id"]: key for key in (await platform.get("/v1/api_keys"))["data"]}
    assert shown[revoked["id"]]["revoked_at"]
    assert shown[revoked["id"]]["last_used_at"]
    assert "key" not in shown[revoked["id"]]


async def test_platform_key_must_name_the_account(platform: Client) -> None:
    error = await platform.get("/v1/devices", expect=400)
    assert error["code"] == "account_required"
    await platform.acting_in("acct_nowhere").get("/v1/devices", expect=404)


async def test_an_account_of_no_known_encoding_is_not_there(platform: Client) -> None:
    """Not an outage, as databases say of text that they cannot take."""
    head = f"GET /v1/devices HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {platform.key}\r\n"
    port = int(platform.base.rpartition(":")[2])
    answer = await said(port, head.encode() + b"DialStack-Account: acct_\xff\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ")


async def test_account_key_stays_in_its_account(tenants: TwoTenants) -> None:
    """Naming another account is answered as if there were none."""
    foreign = tenants.first.acting_in(tenants.second.account)
    error = await foreign.get("/v1/devices", expect=404)
    assert error == await tenants.first.acting_in("acct_nowhere").get("/v1/devices", expect=404)
    await tenants.first.acting_in(None).get("/v1/devices")
    refused = await tenants.first.get("/v1/accounts", expect=403)
    assert refused["code"] == "platform_key_required"


async def test_read_only_key_changes_nothing(api: Client) -> None:
    made = await api.post("/v1/api_keys", {"name": "r", "account_id": api.account, "read_only": True}, expect=201)
    reader = api.with_key(made["key"])
    await reader.get("/v1/users")
    assert (await reader.post("/v1/users", {"name": "Eve"}, expect=403))["code"] == "read_only_key"


async def test_request_id_is_taken_over_where_it_is_sane(api: Client) -> None:
    sane = await api.send("GET", "/v1/users", headers={"X-Request-Id": "my-id.1"})
    assert sane.headers["X-Request-Id"] == "my-id.1"
    odd = await api.send("GET", "/v1/users", headers={"X-Request-Id": "a b<script>"})
    assert odd.headers["X-Request-Id"].startswith("req_")


async def test_field_without_a_name_is_refused_by_a_name(api: Client) -> None:
    """It ended in a 500."""
    error = await api.post("/v1/users", {"name": "Eve", "": 1}, expect=400)
    assert set(error["details"]) == {'""'}


async def test_unknown_paths_and_methods(api: Client) -> None:
    for path in ("/", "/v1", "/v1/devices/", "/v1/nothing", "/v2/devices"):
        assert (await api.get(path, expect=404))["code"] == "not_found"
    reply = await api.send("PATCH", "/v1/devices")
    assert reply.status == 405
    assert reply.headers["Allow"] == "GET, POST"
    assert reply.json["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "cut off"),
        (b"[]", "not an object"),
        (b'{"name": "a", "name": "b"}', "a name twice"),
        (b'{"name": "\xff"}', "bad UTF-8"),
        (b'\xef\xbb\xbf{"name": "a"}', "a byte order mark"),
        (b'{"name": "\\ud800"}', "a lone surrogate"),
        (b'{"name": "a\\u0000b"}', "NUL"),
        (b'{"name": "a\\nb"}', "a control character"),
        (b'{"name": NaN}', "NaN"),
        (b'{"name": 1e999}', "infinity"),
        (b'{"name": 1}', "a number for text"),
        (b'{"name": ""}', "empty"),
        (b'{"name": " x"}', "a leading blank"),
        (b'{"name": null}', "null where a value must be"),
        (b"{}", "nothing"),
        (b"", "no body"),
        (b'{"name": "x", "colour": "red"}', "an unknown field"),
        (b'{"a":' * 20_000, "very deep"),
        (b'{"name": ' + b"9" * 5000 + b"}", "a very long number"),
    ],
)
async def test_malformed_bodies_are_400(platform: Client, body: bytes, why: str) -> None:
    reply = await platform.send("POST", "/v1/accounts", body)
    assert reply.status == 400, why
    assert reply.json["code"] in ("validation_error", "malformed_body")


async def test_errors_name_the_field(api: Client) -> None:
    body = {"mac_address": "02:00:01:00:00:01", "overrides": {"abstractions": {"audio": {"vad_enabled": "yes"}}}}
    error = await api.post("/v1/devices", body, expect=400)
    assert error["code"] == "validation_error"
    assert list(error["details"]) == ["overrides.abstractions.audio.vad_enabled"]
    assert set(error) == {"error", "code", "details"}


async def test_unknown_and_repeated_query_parameters_are_400(api: Client) -> None:
    assert "colour" in (await api.get("/v1/devices?colour=red", expect=400))["details"]
    assert "limit" in (await api.get("/v1/devices?limit=1&limit=2", expect=400))["details"]
    assert (await api.get("/v1/devices?stale=maybe", expect=400))["details"]["stale"] == "must be true or false"
    assert "NUL" in (await api.get("/v1/devices?vendor=%00", expect=400))["details"]["vendor"]


async def test_content_type_and_size(platform: Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await platform.send("POST", "/v1/accounts", b"name=x", headers=form)).status == 415
    latin = {"Content-Type": "application/json; charset=latin-1"}
    assert (await platform.send("POST", "/v1/accounts", b'{"name":"x"}', headers=latin)).status == 415
    big = io.BytesIO(json.dumps({"name": "x" * 1024 * 1024}).encode())
    reply = await platform.send("POST", "/v1/accounts", big)
    assert reply.status == 413
    assert reply.json["code"] == "body_too_large"


async def test_broken_compression_is_400(platform: Client) -> None:
    reply = await platform.send("POST", "/v1/accounts", b"no gzip", headers={"Content-Encoding": "gzip"})
    assert reply.status == 400


async def test_answers_are_utf8(api: Client) -> None:
    reply = await api.send("POST", "/v1/users", {"name": "Žofie 🎧"})
    assert "Žofie 🎧" in reply.text
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_pages_link_to_each_other_and_keep_filters(api: Client) -> None:
    for number in range(5):
        await api.user(f"Ada {number}")
    first = await api.get("/v1/users?limit=2&search=ada")
    assert [user["name"] for user in first["data"]] == ["Ada 4", "Ada 3"]
    assert first["url"] == "/v1/users"
    assert first["previous_page_url"] is None
    assert "search=ada" in first["next_page_url"]
    second = await api.get(first["next_page_url"])
    third = await api.get(second["next_page_url"])
    assert [user["name"] for user in third["data"]] == ["Ada 0"]
    assert third["next_page_url"] is None
    back = await api.get(third["previous_page_url"])
    assert back["data"] == second["data"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=1_0", "limit=", "page=x", "page=", "page=é"]
)
@pytest.mark.parametrize("path", ["/v1/users", "/v1/vendors"])
async def test_bad_pagination(api: Client, path: str, query: str) -> None:
    assert (await api.get(f"{path}?{query}", expect=400))["code"] == "invalid_pagination"


async def test_short_lists_have_pages_too(api: Client) -> None:
    first = await api.get("/v1/vendors?limit=1")
    second = await api.get(first["next_page_url"])
    assert first["data"] != second["data"]
    assert (await api.get(second["previous_page_url"]))["data"] == first["data"]


async def test_repeated_create_gets_the_first_answer(api: Client, clock: Clock) -> None:
    """A client that lost the answer asks again and does not create twice."""
    key = {"Idempotency-Key": "order-1"}
    first = await api.send("POST", "/v1/users", {"name": "Ada"}, headers=key)
    again = await api.send("POST", "/v1/users", {"name": "Ada"}, headers=key)
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await api.send("POST", "/v1/users", {"name": "Eve"}, headers=key)
    assert (other.status, other.json["code"]) == (409, "idempotency_conflict")
    assert len((await api.get("/v1/users"))["data"]) == 1
    clock.turn(hours=25)
    later = await api.send("POST", "/v1/users", {"name": "Ada"}, headers=key)
    assert later.json["id"] != first.json["id"]


async def test_idempotency_keys_of_two_accounts_are_two(platform: Client, tenants: TwoTenants) -> None:
    key = {"Idempotency-Key": "same"}
    first = await tenants.first.send("POST", "/v1/users", {"name": "Ada"}, headers=key)
    second = await tenants.second.send("POST", "/v1/users", {"name": "Ada"}, headers=key)
    assert first.json["id"] != second.json["id"]


async def test_concurrent_duplicates_create_once(api: Client) -> None:
    key = {"Idempotency-Key": "at-once"}
    body = {"mac_address": "00:04:13:00:00:01"}
    replies = await asyncio.gather(*(api.send("POST", "/v1/devices", body, headers=key) for _ in range(8)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.json["id"] for reply in replies}) == 1


async def test_failed_create_can_be_repeated(api: Client) -> None:
    key = {"Idempotency-Key": "retry"}
    body = {"base_id": "dectb_none", "ipei": "0328A0000F"}
    assert (await api.send("POST", "/v1/devices", body, headers=key)).status == 404
    assert (await api.send("POST", "/v1/devices", body, headers=key)).status == 404


async def test_unusable_idempotency_key_is_400(api: Client) -> None:
    for key in ("", "x" * 256, "a b"):
        reply = await api.send("POST", "/v1/users", {"name": "Ada"}, headers={"Idempotency-Key": key})
        assert reply.status == 400


async def test_two_names_of_a_field_must_agree(api: Client) -> None:
    body = {"mac_address": "00:04:13:00:00:01", "location": "Hall", "location_id": "Hall"}
    device = await api.get(f"/v1/devices/{await api.device(**body)}")
    assert device["location"] == device["location_id"] == "Hall"
    body = {"mac_address": "00:04:13:00:00:02", "name": "a", "display_name": "b"}
    reply = await api.post("/v1/devices", body, expect=400)
    assert reply["details"] == {"display_name": "is another name of name and must not differ from it"}


async def test_outage_is_503_and_no_404(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away must not look like a device that is not there."""
    device = await api.phone()

    def away(*_: object) -> None:
        raise OSError("disk gone")

    monkeypatch.setattr("provserver.services.devices.devices.devices.get_device", away)
    reply = await api.send("GET", f"/v1/devices/{device}")
    assert reply.status == 503
    assert reply.json["code"] == "store_unavailable"
    assert int(reply.headers["Retry-After"]) > 0
    assert "disk" not in reply.text


async def test_what_breaks_inside_is_500_without_details(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr("provserver.services.devices.devices.devices.get_device", broken)
    reply = await api.send("GET", "/v1/devices/dev_x")
    assert (reply.status, reply.json["code"]) == (500, "internal_error")
    assert "internals" not in reply.text


async def test_a_body_that_comes_drop_by_drop_is_given_up(platform: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds a key could otherwise hold connections for ever."""
    monkeypatch.setattr("provserver.api.reading.BODY_SECONDS", 0.1)
    host, _, port = platform.base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /v1/accounts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {platform.key}\r\nContent-Length: 100\r\n"
    writer.write(f"{head}Content-Type: application/json\r\n\r\n{{".encode())
    assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    writer.close()
    await writer.wait_closed()

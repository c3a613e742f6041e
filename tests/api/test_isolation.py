"""No key of one account reaches anything of another. What is tried is taken from the OpenAPI document."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from provserver.api.openapi import build_document
from provserver.api.routes import PUBLIC_ROUTES, ROUTES
from tests.api.client import Client, Reply, TwoTenants
from tests.api.everything import STREAM, Things

MARK = "FOREIGN"
DOCUMENT = build_document(ROUTES, PUBLIC_ROUTES)
_NOT_OF_ACCOUNTS = {"vendor", "mac", "source"}


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation that takes a key and comes to an end."""
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if operation.get("security") != [] and path != STREAM:
                yield method.upper(), path, operation


def _path_names(operation: dict[str, Any]) -> list[str]:
    return [item["name"] for item in operation["parameters"] if item["in"] == "path"]


def _nowhere(value: str) -> str:
    """An id of the same kind that nobody has."""
    prefix, _, rest = value.rpartition("_")
    return f"{prefix}_{'0' * 26}" if prefix else "00:00:5e:00:53:01" if ":" in rest else "nothing.cfg"


def _told(reply: Reply, *ids: str) -> tuple[int, str]:
    """What an answer tells apart from the ids that were asked for."""
    text = reply.text
    for identifier in ids:
        text = text.replace(identifier, "…")
    return reply.status, text


async def _two(tenants: TwoTenants, platform: Client) -> tuple[Things, Things]:
    own, foreign = await Things.made(tenants.first, 1, "own"), await Things.made(tenants.second, 2, MARK)
    for things, mark in ((own, "own"), (foreign, MARK)):
        key = await platform.post("/v1/api_keys", {"name": mark, "account_id": things.client.account}, expect=201)
        things.places["api_keys"] = {"id": key["id"]}
    return own, foreign


async def _everything_of(things: Things) -> list[str]:
    paths = ["/v1/users", "/v1/devices", "/v1/dect-bases/{id}/handsets", "/v1/devices/{id}/users", "/v1/files"]
    paths += ["/v1/button_templates/{id}/buttons", "/v1/devices/{id}/button_overrides", "/v1/account/config"]
    texts = [(await things.client.send("GET", things.path(path))).text for path in paths]
    # What the back end said of registrations comes when it comes.
    return [re.sub(r'"(registration_\w+|last_registered_at)":("[^"]*"|null)', "", text) for text in texts]


async def test_every_id_of_another_account_is_as_if_it_did_not_exist(tenants: TwoTenants, platform: Client) -> None:
    """Every operation, every place for an id in its path: the same answer to the byte, no trace, nothing changed."""
    own, foreign = await _two(tenants, platform)
    before = await _everything_of(foreign)
    tried = 0
    for method, path, operation in _operations():
        names = [name for name in _path_names(operation) if name not in _NOT_OF_ACCOUNTS]
        theirs, ours = foreign.places.get(path.split("/")[2], {}), own.places.get(path.split("/")[2], {})
        for whose in product((ours, theirs), repeat=len(names)):
            if theirs not in whose:
                continue
            asked = {name: places[name] for name, places in zip(names, whose, strict=True)}
            nowhere = {
                name: _nowhere(value) if places is theirs else value
                for (name, value), places in zip(asked.items(), whose, strict=True)
            }
            replies = [await own.send(method, path, instead=places) for places in (asked, nowhere)]
            told = [_told(reply, *places.values()) for reply, places in zip(replies, (asked, nowhere), strict=True)]
            assert told[0] == told[1], f"{method} {path} {asked}"
            assert told[0][0] in (403, 404), f"{method} {path} {asked}: {told[0]}"
            assert MARK not in replies[0].text
            tried += 1
    assert tried > 40
    assert await _everything_of(foreign) == before


async def test_lists_hold_nothing_of_another_account(tenants: TwoTenants, platform: Client) -> None:
    own, _ = await _two(tenants, platform)
    for method, path, operation in _operations():
        if method == "GET":
            reply = await own.send(method, path)
            assert MARK not in reply.text, path
            assert str(tenants.second.account) not in reply.text, path
            assert reply.status in (200, 403, 404), f"{path}: {reply.text} {operation['operationId']}"


async def test_the_header_of_another_account_is_as_if_it_did_not_exist(tenants: TwoTenants, platform: Client) -> None:
    own, _ = await _two(tenants, platform)
    for method, path, _ in _operations():
        replies = [
            await own.send(method, path, client=own.client.acting_in(account))
            for account in (str(tenants.second.account), "acct_" + "0" * 26)
        ]
        assert _told(replies[0]) == _told(replies[1]), f"{method} {path}"
        assert replies[0].status == 404, f"{method} {path}"


async def test_every_id_of_another_account_in_a_body_is_as_if_it_did_not_exist(
    tenants: TwoTenants, platform: Client
) -> None:
    """Every field of every body that may name something: `user_id`, `base`, `data_master_id` and the like."""
    own, foreign = await _two(tenants, platform)
    tried = 0
    for method, path, operation in _operations():
        for field in _references(operation):
            for value in _ids(foreign):
                replies = [
                    await own.send(method, path, {**own.body(method, path), field: given})
                    for given in (value, _nowhere(value))
                ]
                told = [_told(reply, value, _nowhere(value)) for reply in replies]
                assert replies[0].status == replies[1].status, f"{method} {path} {field}={value}"
                free_text = replies[0].status < 300
                assert free_text or told[0] == told[1], f"{method} {path} {field}={value}"
                assert MARK not in replies[0].text, f"{method} {path} {field}={value}"
                tried += 1
    assert tried > 40


def _references(operation: dict[str, Any]) -> list[str]:
    """The fields of its JSON body that name another thing."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    properties = DOCUMENT["components"]["schemas"].get(name, schema).get("properties", {})
    named = [field for field in properties if field.endswith("_id") or f"{field}_id" in properties]
    return [field for field in named if field not in ("location", "location_id", "chain_id")]


def _ids(things: Things) -> list[str]:
    kinds = ("users", "devices", "dect-bases", "button_templates")
    ids = [value for kind in kinds for name, value in things.places[kind].items() if name != "name"]
    return list(dict.fromkeys(ids))


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

"""Marked secrets go in everywhere and come out nowhere: not in an answer, not in a failure, not in the log."""

import json
from typing import Any

from aiohttp.test_utils import TestClient
from sqlalchemy import select
from structlog.testing import capture_logs

from provserver.api.face import ApiFace
from provserver.api.routes import PUBLIC_ROUTES, ROUTES
from provserver.store import devices
from provserver.store.schema import api_keys, audit, idempotency_keys
from tests.api.client import Client
from tests.api.everything import STREAM, Things, deepest_first

MARK = "MARKED"
SECRETS = (f"{MARK}-sip", f"{MARK}-admin", f"{MARK}-raw", f"{MARK}-account")


async def test_no_secret_is_in_any_answer_or_in_the_log(
    platform: Client, api: Client, face: ApiFace, phones: TestClient[Any, Any]
) -> None:
    """Every route of the table with ids that exist, as an account key, and what phones leave in the log."""
    with capture_logs() as logged:
        things = await Things.made(api, 1, MARK)
        made = await platform.post("/v1/api_keys", {"name": "bound", "account_id": api.account}, expect=201)
        things.places["api_keys"] = {"id": made["id"]}
        token = await _token(face, things)
        answers = []
        for client in (api.with_key(made["key"]), api):
            for route in sorted(ROUTES, key=deepest_first):
                if route.path != STREAM and (client is api or not route.writes):
                    reply = await things.send(route.method, route.openapi_path, client=client)
                    answers.append(reply.text)
        answers += [(await api.with_key(None).send("GET", route.path)).text for route in PUBLIC_ROUTES]
        answers += [(await api.with_key(None).send("GET", path)).text for path in ("/docs", "/openapi.json")]
        for path in (f"/p/{token}/{things.places['devices']['name']}", f"/p/{token}/nothing", f"/p/{token}"):
            async with phones.get(path, headers={"User-Agent": "x"}) as answer:
                await answer.read()
    assert len(answers) > 80
    told = json.dumps(logged, default=str)
    for secret in (*SECRETS, token, made["key"]):
        assert secret not in told
        assert [answer for answer in answers if secret in answer] == []


async def _token(face: ApiFace, things: Things) -> str:
    async with face.database.read() as conn:
        found = await devices.get_device(
            conn, face.database.sealer, str(things.client.account), things.places["devices"]["id"]
        )
    assert found is not None
    assert found.token is not None
    return found.token


async def test_a_refusal_does_not_repeat_the_secret(api: Client) -> None:
    """A wrong field beside a secret, or a secret that is itself wrong, is told without its value."""
    secret = "MARKED\x07"
    things = await Things.made(api, 1)
    for path, body in (
        ("/v1/users", {"name": 1, "sip": {"password": secret}}),
        ("/v1/users/{id}", {"sip": {"password": secret}}),
        ("/v1/users/{id}", {"sip": {"password": ["MARKED"]}}),
        ("/v1/account/config", {"abstractions": {"access": {"admin_password": ["MARKED"]}}}),
        ("/v1/account/config", {"abstractions": {"access": {"admin_password": secret}}}),
        ("/v1/devices/{id}", {"overrides": {"vendor_overrides": {"http_pass": secret}}}),
        ("/v1/devices/{id}", {"overrides": {"vendor_overrides": {"http_pass": ["MARKED"]}}}),
    ):
        with capture_logs() as logged:
            reply = await things.send("POST", path, body)
        assert reply.status in (400, 422), f"{path}: {reply.text}"
        assert "MARKED" not in reply.text, path
        assert "MARKED" not in str(logged), path


async def test_a_repeated_answer_is_kept_sealed(platform: Client, api: Client, face: ApiFace) -> None:
    """The answer to `POST /v1/api_keys` holds the key and is in the database for a day; nobody must find it there."""
    headers = {"Idempotency-Key": "once"}
    wish = {"name": "ci", "account_id": api.account}
    first, again = [await platform.send("POST", "/v1/api_keys", wish, headers=headers) for _ in range(2)]
    assert again.text == first.text
    assert again.headers["Idempotency-Replayed"] == "true"
    async with face.database.read() as conn:
        stored = [str((await conn.execute(select(table))).all()) for table in (api_keys, audit, idempotency_keys)]
    assert first.json["name"] in stored[0]
    assert "once" in stored[2]
    assert not [rows for rows in stored if first.json["key"] in rows]

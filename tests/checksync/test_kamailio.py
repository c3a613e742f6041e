"""Kamailio's JSON-RPC, with the answers of version 5.6 as recorded; the real one is in tests/e2e/test_kamailio.py."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from provserver.checksync.digest import Credentials
from provserver.checksync.jsonrpc import JsonRpc
from provserver.checksync.kamailio import KamailioNotifier
from provserver.checksync.transport import tls_context
from provserver.domain.checksync import LineOutcome, LineStatus, Registration, Route
from tests.checksync.lines import MAC, OTHER_MAC, counted, line

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOBODY = {"error": {"code": 500, "message": "AOR not found in location table"}}


def contact(**changes: Any) -> dict[str, Any]:
    recorded = {
        "Address": "sip:1001@10.0.0.9:5060",
        "Expires": 600,
        "Q": -1,
        "Call-ID": "1-24455@127.0.0.1",
        "User-Agent": f"Phone/1.0 {MAC.bare}",
        "Received": "sip:192.0.2.8:46753",
        "Path": "[not set]",
        "Socket": "udp:192.0.2.1:5060",
        "Instance": "[not set]",
        "Last-Modified": 1795348800,
    }
    return {"Contact": {**recorded, **changes}}


def registered(*contacts: dict[str, Any]) -> dict[str, Any]:
    return {"result": {"AoR": "1001", "Contacts": list(contacts)}}


def answered(code: int, phrase: str, *headers: str) -> dict[str, Any]:
    return {"result": [code, phrase, "", "", "", "".join(f"{line}\r\n" for line in headers) + "\r\n"]}


class Kamailio:
    def __init__(self, *answers: dict[str, Any] | str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, list[str]]] = []
        self.authorization: str | None = None

    async def rpc(self, request: web.Request) -> web.Response:
        call = await request.json()
        self.authorization = request.headers.get("Authorization")
        self.asked.append((call["method"], call["params"]))
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            return web.Response(text=answer, status=404)
        status = 500 if "error" in answer else 200
        return web.Response(text=json.dumps({"jsonrpc": "2.0", "id": call["id"], **answer}), status=status)


@asynccontextmanager
async def kamailio(*answers: dict[str, Any] | str) -> AsyncIterator[tuple[Kamailio, KamailioNotifier]]:
    server = Kamailio(*answers)
    app = web.Application()
    app.router.add_post("/RPC", server.rpc)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/RPC"
    rpc = JsonRpc(url, Credentials("rpc", "pw"), lambda: tls_context(None, verify=True))
    notifier = KamailioNotifier(rpc, lambda: NOW, counted)
    try:
        yield server, notifier
    finally:
        await notifier.close()
        await runner.cleanup()


async def one(notifier: KamailioNotifier, **changes: Any) -> LineOutcome:
    (outcome,) = await notifier.notify([line(**changes)], Route(), 60)
    return outcome


async def test_the_two_calls_word_for_word() -> None:
    """To the contact, by way of where its REGISTER came from, out of the socket that it came in by; no From tag."""
    other = contact(**{"User-Agent": f"Phone/1.0 {OTHER_MAC.bare}", "Address": "sip:1001@10.0.0.8:5060"})
    async with kamailio(registered(other, contact()), answered(200, "OK")) as (server, notifier):
        outcome = await one(notifier)
    assert outcome == LineOutcome(1, LineStatus.DELIVERED, 200, None, targeted=True)
    assert server.asked == [
        ("ul.lookup", ["location", "1001@pbx.test"]),
        (
            "tm.t_uac_wait",
            [
                "NOTIFY",
                "sip:1001@10.0.0.9:5060",
                "sip:192.0.2.8:46753",
                "udp:192.0.2.1:5060",
                (
                    "From: <sip:1001@pbx.test>\r\nTo: <sip:1001@pbx.test>\r\nContact: <sip:provserver@pbx.test>\r\n"
                    "Event: check-sync;reboot=false\r\nSubscription-State: terminated\r\n"
                ),
            ],
        ),
    ]
    assert server.authorization == "Basic cnBjOnB3"


async def test_a_phone_that_asks_gets_the_line_s_credentials_in_the_same_conversation() -> None:
    asks = answered(
        401, "Unauthorized", "Call-ID: c1@k", "CSeq: 10 NOTIFY", 'WWW-Authenticate: Digest realm="p", nonce="n"'
    )
    async with kamailio(registered(contact()), asks, answered(200, "OK")) as (server, notifier):
        assert (await one(notifier)).status is LineStatus.DELIVERED
    headers = server.asked[2][1][4]
    assert 'Call-ID: c1@k\r\nCSeq: 11 NOTIFY\r\nAuthorization: Digest username="1001"' in headers
    assert 'uri="sip:1001@10.0.0.9:5060"' in headers


async def test_a_phone_behind_an_edge_proxy_is_reached_through_it() -> None:
    bound = contact(Path="<sip:edge.test;lr>", Received="[not set]")
    async with kamailio(registered(bound), answered(200, "OK")) as (server, notifier):
        await one(notifier)
    _, parameters = server.asked[1]
    assert parameters[2] == "sip:edge.test;lr"
    assert "Route: <sip:edge.test;lr>\r\n" in parameters[4]


async def test_a_body_is_a_parameter_of_its_own_and_only_there_when_there_is_one() -> None:
    async with kamailio(registered(contact()), answered(200, "OK")) as (server, notifier):
        await one(notifier, body="action=restart", content_type="text/plain")
    assert server.asked[1][1][5:] == ["action=restart"]
    assert "Content-Type: text/plain\r\n" in server.asked[1][1][4]


@pytest.mark.parametrize(
    ("answers", "status", "sip_status", "reason"),
    [
        ((NOBODY,), LineStatus.NOT_REGISTERED, None, "1001@pbx.test is registered nowhere"),
        ((registered(contact(Expires="expired")),), LineStatus.NOT_REGISTERED, None, "is registered nowhere"),
        ((registered(contact()), {"result": [408, "Request Timeout"]}), LineStatus.UNREACHABLE, 408, "408 Request"),
        ((registered(contact()), answered(489, "Bad Event")), LineStatus.ERROR, 489, "489 Bad Event"),
        (
            (registered(contact()), {"error": {"code": 400, "message": "Invalid nexthop"}}),
            LineStatus.ERROR,
            None,
            "proxy: Kamailio answers tm.t_uac_wait with 400 Invalid nexthop",
        ),
        (
            ({"error": {"code": 500, "message": "Domain table not found"}},),
            LineStatus.ERROR,
            None,
            "proxy: Kamailio answers ul.lookup with 500 Domain table not found",
        ),
        (({"result": []},), LineStatus.ERROR, None, "proxy: Kamailio answers ul.lookup in an unknown format"),
        (
            (registered(contact()), {"result": {}}),
            LineStatus.ERROR,
            None,
            "proxy: Kamailio answers tm.t_uac_wait in an unknown format",
        ),
        (("nothing here",), LineStatus.ERROR, None, "HTTP 404, which is not a JSON-RPC answer"),
    ],
)
async def test_what_the_operator_reads(answers: Any, status: LineStatus, sip_status: int | None, reason: str) -> None:
    async with kamailio(*answers) as (_, notifier):
        outcome = await one(notifier)
    assert (outcome.status, outcome.sip_status) == (status, sip_status)
    assert outcome.reason is not None
    assert reason in outcome.reason


async def test_of_two_registrations_of_one_phone_the_living_one_counts() -> None:
    """The stale one of before the reboot answers nothing; nobody waits for it."""
    bound = registered(contact(), contact(Address="sip:1001@10.0.0.9:5099"))
    async with kamailio(bound, answered(408, "Request Timeout"), answered(200, "OK")) as (_, notifier):
        outcome = await one(notifier)
    assert (outcome.status, outcome.targeted) == (LineStatus.DELIVERED, True)


async def test_a_stale_registration_that_cannot_be_sent_to_does_not_hide_the_delivery() -> None:
    bound = registered(contact(), contact(Address="sip:1001@10.0.0.9:5099"))
    gone = {"error": {"code": 500, "message": "Send socket not found"}}
    async with kamailio(bound, gone, answered(200, "OK")) as (_, notifier):
        assert (await one(notifier)).status is LineStatus.DELIVERED


async def test_registration_state() -> None:
    async with kamailio(registered(contact()), NOBODY) as (_, notifier):
        assert await notifier.registrations([line(1), line(2)]) == {
            1: Registration(
                registered=True,
                expires_at=NOW + timedelta(seconds=600),
                last_registered_at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
                contact="sip:1001@10.0.0.9:5060",
            ),
            2: Registration(registered=False),
        }


async def test_registration_state_is_unknown_where_kamailio_is() -> None:
    async with kamailio("away") as (_, notifier):
        assert await notifier.registrations([line(1)]) is None

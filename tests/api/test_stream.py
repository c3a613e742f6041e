"""Events as they happen, over a connection that stays open."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from provserver.api.face import ApiFace
from provserver.api.resources import stream
from provserver.domain.device import Event
from tests.api.client import Client, Clock, TwoTenants


@asynccontextmanager
async def listening(client: Client, last: str | None = None) -> AsyncIterator[aiohttp.ClientResponse]:
    """An open stream whose first line has arrived."""
    headers = {"Authorization": f"Bearer {client.key}"}
    if client.account:
        headers["DialStack-Account"] = client.account
    if last:
        headers["Last-Event-ID"] = last
    async with client.session.get(f"{client.base}/v1/events", headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert await response.content.readline() == b": events follow\n"
        yield response


async def next_event(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The next event, comments passed over."""
    found: dict[str, str] = {}
    async with asyncio.timeout(60):
        while not found.get("data"):
            line = (await response.content.readline()).decode().rstrip("\n")
            name, _, value = line.partition(": ")
            found[name] = value
    event: dict[str, Any] = json.loads(found["data"])
    assert (event["id"], event["type"]) == (found["id"], found["event"])
    return event


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_POLL_SECONDS", 0.02)


async def test_changes_arrive_in_order_and_once(api: Client) -> None:
    async with listening(api) as response:
        phone = await api.phone()
        first = await next_event(response)
        assert (first["type"], first["device_id"]) == ("created", phone)
        await api.post(f"/v1/devices/{phone}", {"name": "Desk"})
        await api.post(f"/v1/devices/{phone}/arm")
        assert [(await next_event(response))["type"] for _ in range(2)] == ["updated", "armed"]


async def test_listener_goes_on_where_it_was_cut_off(api: Client) -> None:
    phone = await api.phone()
    [created] = (await api.get(f"/v1/devices/{phone}/events"))["data"]
    await api.post(f"/v1/devices/{phone}", {"name": "Desk"})
    async with listening(api, created["id"]) as response:
        assert (await next_event(response))["type"] == "updated"
    bad = await api.send("GET", "/v1/events", headers={"Last-Event-ID": "x"})
    assert bad.status == 400


async def test_long_backlog_arrives_whole(api: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provserver.services.devices.history.CHUNK", 2)
    monkeypatch.setattr(stream, "CHUNK", 2)
    phone = await api.phone()
    [created] = (await api.get(f"/v1/devices/{phone}/events"))["data"]
    for number in range(7):
        await api.post(f"/v1/devices/{phone}", {"name": f"Desk {number}"})
    clock.turn(minutes=1)
    await api.post(f"/v1/devices/{phone}/arm")
    async with listening(api, created["id"]) as response:
        kinds = [(await next_event(response))["type"] for _ in range(8)]
    assert kinds == ["updated"] * 7 + ["armed"]


async def test_event_that_was_stored_late_still_arrives(api: Client, face: ApiFace) -> None:
    """Contacts are written in groups, so an event can be stored behind one that is younger."""
    phone = await api.phone()
    async with listening(api) as response:
        late = Event(
            id=face.sources.new_id("evt"),
            account_id=str(api.account),
            device_id=phone,
            type="config_fetch",
            created_at=face.sources.now(),
        )
        await api.post(f"/v1/devices/{phone}/arm")
        assert (await next_event(response))["type"] == "armed"
        face.contacts.submit(late)
        assert (await next_event(response))["type"] == "config_fetch"


async def test_stream_of_one_account_is_silent_about_others(tenants: TwoTenants, platform: Client) -> None:
    async with listening(tenants.first) as first, listening(platform) as everything:
        foreign = await tenants.second.phone("00:04:13:00:00:01")
        own = await tenants.first.phone("00:04:13:00:00:02")
        assert (await next_event(first))["device_id"] == own
        assert [(await next_event(everything))["device_id"] for _ in range(2)] == [foreign, own]


async def test_revoked_key_ends_its_stream(platform: Client, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_HEARTBEAT_SECONDS", 0.05)
    made = await platform.post("/v1/api_keys", {"name": "x", "account_id": api.account}, expect=201)
    async with listening(api.with_key(made["key"])) as response:
        async with asyncio.timeout(60):
            assert await response.content.readuntil(b": still here\n\n")
        await platform.delete(f"/v1/api_keys/{made['id']}")
        async with asyncio.timeout(60):
            await response.content.read()


async def test_streams_are_bounded(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_MOST_STREAMS", 1)
    async with listening(api):
        reply = await api.send("GET", "/v1/events")
        assert reply.status == 429
        assert reply.headers["Retry-After"] == "10"


async def test_shutdown_ends_streams(api: Client, server: TestServer) -> None:
    """A server that is told to stop does not wait for its listeners."""
    async with listening(api) as response:
        async with asyncio.timeout(60):
            await server.app[stream.STREAMS].end(server.app)
            await response.content.read()


async def test_what_happened_in_an_outage_arrives_once_it_is_stored(
    api: Client, platform: Client, face: ApiFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contacts wait for the database for as long as it is away; a follower has seen younger events by then."""
    monkeypatch.setattr("provserver.services.devices.history._BATCHES", 1)
    phone, late = await api.phone(), ["before_1", "before_2", "before_3"]
    last = face.sources.new_id("evt")
    async with listening(api) as response, listening(platform) as everything:
        for minutes in range(3):
            at = face.sources.now() - timedelta(minutes=minutes + 1)
            face.contacts.submit(
                Event(
                    id=face.sources.new_id("evt", at),
                    account_id=str(api.account),
                    device_id=phone,
                    type=f"before_{minutes + 1}",
                    created_at=at,
                )
            )
            await face.contacts.flush()
        for stream in (response, everything):
            assert sorted([(await next_event(stream))["type"] for _ in range(3)]) == late
        await api.post(f"/v1/devices/{phone}/arm")
        for stream in (response, everything):
            assert (await next_event(stream))["type"] == "armed", "each came once"
    async with listening(api, last) as response:
        found = [(await next_event(response))["type"] for _ in range(4)]
        assert sorted(found) == ["armed", *late], "whoever was cut off meanwhile has missed none"

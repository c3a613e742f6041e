"""A fetch that starts after a write was answered never gets the earlier configuration, whichever process answers it."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from tests.postgres import Cluster, OwnDatabase

from .instances import sharing
from .process import KEY, PATIENCE, Server, serving

AGENT = "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 {mac} SXM:0 UXM:0)"
MACS = [f"000413AABB{number:02X}" for number in range(4)]
WRITES = 8
VALUE = re.compile(r"(own|shared|platform)-(\d+)\.example")


async def no_trouble() -> None:
    """All is well."""


@dataclass
class Fleet:
    """Servers over one database, phones, and for each layer the number in the last write that was answered.

    `trouble` comes after every write to one of the layers.
    """

    servers: list[Server]
    session: aiohttp.ClientSession
    account: str
    devices: list[str]
    answered: dict[str, int] = field(default_factory=dict)
    fetches: int = 0
    trouble: Callable[[], Awaitable[object]] = no_trouble

    async def call(self, path: str, body: object) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {KEY}", "DialStack-Account": self.account}
        server = random.choice(self.servers)  # noqa: S311 - any will do
        for _ in range(100):
            async with self.session.post(server.api + path, json=body, headers=headers) as answer:
                if answer.status < 300:
                    made: dict[str, str] = await answer.json()
                    return made
                # Contacts of the same phone without a pause undo a write again and again, and it says so.
                assert answer.status == 503, await answer.text()
            await asyncio.sleep(0.2)
        raise AssertionError("the API does not come back")

    async def write(self, layer: str) -> None:
        """Write ever higher numbers to one layer."""
        paths = {"shared": "/v1/account/config", "platform": "/v1/platform/config"}
        before = self.answered.get(layer, 0)
        for number in range(before + 1, before + WRITES + 1):
            name, host = layer.partition(" ")[0], f"{layer.partition(' ')[0]}-{number}.example"
            where = {"own": "provisioning.url", "shared": "network.ntp_server", "platform": "network.syslog_server"}
            group, key = where[name].split(".")
            change = {"abstractions": {group: {key: f"http://{host}/" if name == "own" else host}}}
            if name == "own":
                await self.call(f"/v1/devices/{self.devices[int(layer.split()[1])]}", {"overrides": change})
            else:
                await self.call(paths[name], change)
            self.answered[layer] = number
            if layer == "shared":
                await self.trouble()
            await asyncio.sleep(random.uniform(0, 0.02))  # noqa: S311 - apart

    async def fetch(self, until: asyncio.Event) -> None:
        """Fetch as one phone after the other; what is in the file must not be older than what had been answered."""
        while not until.is_set():
            phone = random.randrange(len(MACS))  # noqa: S311 - any will do
            floor = {layer: self.answered.get(layer, 0) for layer in (f"own {phone}", "shared", "platform")}
            url = f"{random.choice(self.servers).phones}/snomD785-{MACS[phone]}.htm"  # noqa: S311
            async with self.session.get(url, headers={"User-Agent": AGENT.format(mac=MACS[phone])}) as answer:
                text = await answer.text()
            if answer.status == 503:  # what is too busy, or cannot reach its database, says so: slower, never stale
                await asyncio.sleep(0.05)
                continue
            assert answer.status == 200, text
            seen = {name: int(number) for name, number in VALUE.findall(text)}
            for layer, number in floor.items():
                assert seen.get(layer.partition(" ")[0], 0) >= number, (layer, number, seen)
            self.fetches += 1

    async def run(self) -> None:
        done = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            phones = [tasks.create_task(self.fetch(done)) for _ in range(6)]
            layers = ["shared", "platform", *(f"own {number}" for number in range(len(MACS)))]
            writers = [asyncio.create_task(self.write(layer)) for layer in layers]
            await asyncio.gather(*writers)
            async with asyncio.timeout(PATIENCE):
                while self.fetches <= WRITES:  # on a slow machine some more
                    await self.write("shared")
            done.set()
            await asyncio.gather(*phones)


async def fleet_of(servers: list[Server], session: aiohttp.ClientSession) -> Fleet:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with session.post(servers[0].api + "/v1/accounts", json={"name": "Acme"}, headers=headers) as answer:
        account = (await answer.json())["id"]
    fleet = Fleet(servers, session, account, [])
    for mac in MACS:
        fleet.devices.append((await fleet.call("/v1/devices", {"mac_address": mac, "model": "D785"}))["id"])
    return fleet


def new_session() -> aiohttp.ClientSession:
    # Each fetch on a connection of its own, so that it may meet any worker.
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))


async def test_workers_over_sqlite(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", PROVSERVER_PHONES__AUTH="open") as server:
        async with new_session() as session:
            await (await fleet_of([server], session)).run()


@pytest.fixture
def instances(tmp_path: Path, own_postgres: OwnDatabase) -> Iterator[list[Server]]:
    """Two servers that share a PostgreSQL database and the key file."""
    asyncio.run(own_postgres.empty())
    with sharing(tmp_path, ("one", "two"), own_postgres.url, PROVSERVER_PHONES__AUTH="open") as servers:
        yield servers


async def test_instances_over_postgresql_also_while_connections_are_cut(
    instances: list[Server], postgres: Cluster, own_postgres: OwnDatabase
) -> None:
    """First with a sound database; then with one that cuts every connection now and then: slower, never stale."""
    everyone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
    connection = await asyncpg.connect(host=str(postgres.folder), user="postgres", database="postgres")
    try:
        async with new_session() as session:
            fleet = await fleet_of(instances, session)
            await fleet.run()
            fleet.trouble = lambda: connection.execute(everyone, own_postgres.name)
            await fleet.run()
    finally:
        await connection.close()

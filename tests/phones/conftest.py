"""A phone listener on a real socket over a real database, and an operator's hand that reaches the store directly."""

import io
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from provserver.config import Config, Log, Phones
from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device, Event, User
from provserver.domain.mac import Mac
from provserver.foundation import foundation_on
from provserver.listening.trust import VendorTrust
from provserver.logs import Line, configure_logging
from provserver.phones.app import PhoneFace, build_phones
from provserver.process import SharedServices, phone_face, shared_services
from provserver.rendering.renderer import Renderer
from provserver.services.fetching.contacts import ContactWriter
from provserver.services.provisioning import Provisioning
from provserver.services.sources import Sources
from provserver.store import accounts, assignments, devices, events, layers, users
from provserver.store.database import Database
from provserver.store.pages import PageRequest
from tests.listener import PhoneServer
from tests.patience import write_only_when_told
from tests.store import builders

SNOM_AGENT = "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 {mac} SXM:0 UXM:0)"
YEALINK_AGENT = "Yealink SIP-T46S 66.86.0.15 {mac}"
NO_CAS = VendorTrust({})


@dataclass
class Clock:
    """Time that moves when a test says so."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@dataclass
class Office:
    """The listener under test, and what an operator would have set up."""

    client: TestClient[Any, Any]
    database: Database
    shared: SharedServices
    face: PhoneFace
    clock: Clock
    account_id: str

    @property
    def provisioning(self) -> Provisioning:
        return self.face.provisioning

    @property
    def contacts(self) -> ContactWriter:
        return self.shared.contacts

    @property
    def from_cache(self) -> int:
        """How many requests were answered before aiohttp looked at them."""
        server = self.client.server
        assert isinstance(server, PhoneServer)
        return server.from_cache

    async def phone(self, bare_mac: str, vendor: str, *, users_on_it: int = 1, **fields: Any) -> tuple[Device, User]:
        """A desk phone with users on its lines, armed for a day, as the API makes it."""
        token = self.provisioning.sources.token()
        window = {"window_until": self.clock.now + timedelta(days=1)}
        device = builders.device(
            self.account_id, mac=Mac(bare_mac), vendor=vendor, **{"token": token, **window, **fields}
        )
        people = [
            builders.user(self.account_id, sip_password=f"pass-{bare_mac}-{n}") for n in range(1, users_on_it + 1)
        ]
        async with self.database.write() as conn:
            await devices.insert_device(conn, self.database.sealer, device)
            for number, person in enumerate(people, start=1):
                await users.insert_user(conn, self.database.sealer, person)
                await assignments.insert_assignment(conn, builders.assignment(device, person, number))
        return device, people[0]

    async def get(self, path: str, agent: str | None = None, method: str = "GET", **headers: str) -> ClientResponse:
        """One request; header names with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if agent is not None:
            named["User-Agent"] = agent
        return await self.client.request(method, path, headers=named)

    async def stored(self, device: Device) -> Device:
        """The device as it is recorded once everything is written."""
        await self.contacts.flush()
        async with self.database.read() as conn:
            found = await devices.get_device(conn, self.database.sealer, device.account_id, device.id)
        assert found is not None
        return found

    async def events(self, device: Device) -> list[Event]:
        """The device's events, newest first."""
        await self.contacts.flush()
        async with self.database.read() as conn:
            page = await events.list_events(
                conn, device.account_id, device.id, events.EventFilter(), PageRequest(limit=100)
            )
        return list(page.items)

    async def set_layer(self, owner_id: str, abstractions: dict[str, Any]) -> None:
        """Write a layer as it should be."""
        await self.set_document(owner_id, {"abstractions": abstractions})

    async def set_document(self, owner_id: str, document: dict[str, Any]) -> None:
        """Write a whole layer document."""
        async with self.database.write() as conn:
            await layers.write_layer(conn, self.database.sealer, owner_id, document, at=self.clock())


MakeOffice = Callable[..., Awaitable[Office]]


@pytest.fixture
async def make_office(
    database: Database, catalogue: Catalogue, renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MakeOffice]:
    """Makes an `Office`; the arguments are those of `make`, beside keys of the section `phones`."""

    async def make(
        trust: VendorTrust = NO_CAS,
        listener: type[TestServer] = PhoneServer,
        **settings: Any,
    ) -> Office:
        clock = Clock()
        # A busy machine turns nobody away.
        config = Config(data_dir=tmp_path, phones=Phones(**{"patience": 60, **settings}))
        foundation = foundation_on(database, config, (catalogue, renderer), Sources(clock))
        shared = shared_services(stack, foundation)
        face = phone_face(stack, foundation, shared, lambda: trust)
        client = await stack.enter_async_context(TestClient(listener(build_phones(face))))
        tenant = builders.account()
        async with database.write() as conn:
            await accounts.insert_account(conn, tenant)
            document = {"abstractions": {"sip": {"domain": "pbx.example.com"}}}
            await layers.write_layer(conn, database.sealer, tenant.id, document, at=clock())
        return Office(client, database, shared, face, clock, tenant.id)

    write_only_when_told(monkeypatch)
    async with AsyncExitStack() as stack:
        yield make


@pytest.fixture
async def office(make_office: MakeOffice) -> Office:
    """An office with the default proofs."""
    return await make_office()


@pytest.fixture
def data_files(tmp_path: Path) -> Callable[[], bytes]:
    """All bytes of the database's files."""
    return lambda: b"".join(path.read_bytes() for path in tmp_path.rglob("*.db*"))


@pytest.fixture
def json_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.BytesIO]:
    """What is logged from now on, as JSON."""
    log = io.BytesIO()
    stderr = io.TextIOWrapper(log)  # kept here: it would close the log when it goes
    monkeypatch.setattr(sys, "stderr", stderr)
    configure_logging(Log(format="json"))
    yield log
    structlog.reset_defaults()
    Line.out = None


Why = Callable[[], str | None]


@pytest.fixture
def why(json_log: io.BytesIO) -> Why:
    """The reason of the last answer, as the log has it; requested before the office, which takes its log along."""

    def last() -> str | None:
        lines = [orjson.loads(line) for line in json_log.getvalue().splitlines()]
        reason: str | None = [line for line in lines if line["event"] == "phone_request"][-1].get("reason")
        return reason

    return last

"""A real API on a real socket over a real database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from provserver.api.app import ApiFace, build_api
from provserver.api.face import FACE
from provserver.config import Api, CheckSync, Config, Phones, Uploads
from provserver.domain.catalogue import Catalogue
from provserver.foundation import Foundation, Vendors, foundation_on
from provserver.listening.trust import VendorTrust
from provserver.phones.app import build_phones
from provserver.process import SharedServices, api_face, phone_face, shared_services
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.sealing import Sealer
from tests.api.catalogue import acme
from tests.api.client import Client, Clock, TwoTenants
from tests.patience import PATIENT, wait_for_the_server, write_only_when_told
from tests.postgres import OwnDatabase
from tests.services.fake_notifier import FakeNotifier

PLATFORM_KEY = "sk_test_platform_key_of_the_tests"


@dataclass(frozen=True)
class Beginning:
    """What all servers of a test run share: the vendors, and a migrated database to begin with."""

    vendors: Vendors
    database: bytes
    key_file: bytes


@dataclass(frozen=True)
class Running:
    """The API, listening, and what it stands on."""

    server: TestServer
    foundation: Foundation
    shared: SharedServices


@pytest.fixture(scope="session")
def beginning(tmp_path_factory: pytest.TempPathFactory, shipped_vendors: Vendors, blank_database: bytes) -> Beginning:
    """The shipped vendors and Acme."""
    catalogue, renderer = shipped_vendors
    like = catalogue.dialects["yealink"], catalogue.dialects["yealink_w"]
    catalogue = Catalogue({**catalogue.dialects, **acme(*like)}, "test")
    key_file = tmp_path_factory.mktemp("foundation") / "secret.key"
    create_key_file(key_file)
    return Beginning((catalogue, renderer), blank_database, key_file.read_bytes())


def _open(folder: Path) -> Database:
    return Database.open(f"sqlite+aiosqlite:///{folder}/test.db", Sealer.from_key_file(folder / "secret.key"), PATIENT)


def _config(folder: Path) -> Config:
    """With a back end that can tell of registrations."""
    return Config(
        data_dir=folder,
        phones=Phones(public_url="http://phones.example.net", window=3600, patience=60),
        api=Api(bootstrap_key=PLATFORM_KEY),
        checksync=CheckSync(backend="kamailio", timeout=60),
        uploads=Uploads(firmware_bytes=1_000_000, quota_bytes=3_000_000),
    )


@asynccontextmanager
async def running_api(
    folder: Path, beginning: Beginning, clock: Clock, own: OwnDatabase | None = None
) -> AsyncIterator[Running]:
    """The API over a fresh database in `folder`, or over PostgreSQL, listening."""
    (folder / "secret.key").write_bytes(beginning.key_file)
    (folder / "secret.key").chmod(0o600)
    if own:
        await own.empty()
        database = Database.open(own.url, Sealer.from_key_file(folder / "secret.key"), PATIENT)
    else:
        (folder / "test.db").write_bytes(beginning.database)
        database = _open(folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        foundation = foundation_on(database, _config(folder), beginning.vendors, clock.sources())
        shared = shared_services(stack, foundation)
        server = TestServer(build_api(await api_face(stack, foundation, shared, FakeNotifier())))
        await server.start_server()
        stack.push_async_callback(server.close)
        yield Running(server, foundation, shared)


@pytest.fixture
def clock() -> Clock:
    """The server's clock, which tests can turn."""
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def own(request: pytest.FixtureRequest) -> OwnDatabase | None:
    """The PostgreSQL database of the tests that run on it; all do, and on SQLite."""
    return request.getfixturevalue("own_postgres") if request.param == "postgresql" else None


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a busy machine takes its time for is waited for, and stays fresh meanwhile."""
    for limit in ("_WAIT_SECONDS", "_ASK_SECONDS", "_FRESH_SECONDS", "_KEPT_SECONDS"):
        monkeypatch.setattr(f"provserver.services.checksync.registrations.{limit}", 60.0)
    wait_for_the_server(monkeypatch)
    write_only_when_told(monkeypatch)


@pytest.fixture
async def running(
    tmp_path: Path, beginning: Beginning, clock: Clock, own: OwnDatabase | None
) -> AsyncIterator[Running]:
    async with running_api(tmp_path, beginning, clock, own) as running:
        yield running


@pytest.fixture
def server(running: Running) -> TestServer:
    """The API, listening."""
    return running.server


@pytest.fixture
async def platform(server: TestServer) -> AsyncIterator[Client]:
    """The platform's key, without an account."""
    async with Client(str(server.make_url("")), PLATFORM_KEY) as client:
        yield client


@pytest.fixture
async def api(platform: Client) -> Client:
    """The platform's key, in a fresh account."""
    account = await platform.post("/v1/accounts", {"name": "Acme"}, expect=201)
    return platform.acting_in(account["id"])


@pytest.fixture
async def tenants(platform: Client) -> TwoTenants:
    """Two accounts, each with a key of its own."""
    return await TwoTenants.made(platform)


@pytest.fixture
async def phones(running: Running) -> AsyncIterator[TestClient[Any, Any]]:
    """The phones' listener over the same database, which lets in whoever has a token or an open window."""
    async with AsyncExitStack() as stack:
        face = phone_face(stack, running.foundation, running.shared, lambda: VendorTrust({}))
        yield await stack.enter_async_context(TestClient(TestServer(build_phones(face))))


@pytest.fixture
def face(server: TestServer) -> ApiFace:
    """What the server is built on."""
    return server.app[FACE]


@pytest.fixture
def notifier(face: ApiFace) -> FakeNotifier:
    """The back end that the server tells phones with; it notes what it is asked."""
    fake = face.resync.sender.notifier
    assert isinstance(fake, FakeNotifier)
    return fake

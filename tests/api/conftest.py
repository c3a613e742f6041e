"""A real API on a real socket over a real database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from provserver.api.app import ApiFace, build_api
from provserver.api.face import FACE, UploadLimits
from provserver.config import Phones
from provserver.domain.catalogue import Catalogue
from provserver.phones.app import PhoneFace, build_phones
from provserver.phones.metrics import PhoneMetrics
from provserver.rendering.renderer import Renderer
from provserver.services.checksync.notifying import Sender
from provserver.services.checksync.registrations import Registrations
from provserver.services.checksync.resync import Resync
from provserver.services.checksync.resync_runner import JobRunner
from provserver.services.devices.uploads import FileFolder
from provserver.services.fetching.contacts import ContactWriter
from provserver.services.fetching.unknown_devices import UnknownDevices
from provserver.services.protection.access import ProofPolicy
from provserver.services.protection.admission import Admission
from provserver.services.settings.effective import Configurations
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.sealing import Sealer
from tests.api.catalogue import acme
from tests.api.client import Client, Clock, TwoTenants
from tests.listener import make_guard, make_provisioning
from tests.patience import PATIENT, wait_for_the_server
from tests.postgres import OwnDatabase
from tests.services.fake_notifier import FakeNotifier

PLATFORM_KEY = "sk_test_platform_key_of_the_tests"


@dataclass(frozen=True)
class Foundation:
    """What all servers of a test run share: the vendors, and a migrated database to begin with."""

    catalogue: Catalogue
    renderer: Renderer
    database: bytes
    key_file: bytes


@pytest.fixture(scope="session")
def foundation(
    tmp_path_factory: pytest.TempPathFactory, shipped_vendors: tuple[Catalogue, Renderer], blank_database: bytes
) -> Foundation:
    """The shipped vendors and Acme."""
    catalogue, renderer = shipped_vendors
    like = catalogue.dialects["yealink"], catalogue.dialects["yealink_w"]
    catalogue = Catalogue({**catalogue.dialects, **acme(*like)}, "test")
    key_file = tmp_path_factory.mktemp("foundation") / "secret.key"
    create_key_file(key_file)
    return Foundation(catalogue, renderer, blank_database, key_file.read_bytes())


def _open(folder: Path) -> Database:
    return Database.open(f"sqlite+aiosqlite:///{folder}/test.db", Sealer.from_key_file(folder / "secret.key"), PATIENT)


@asynccontextmanager
async def running_api(
    folder: Path, foundation: Foundation, clock: Clock, own: OwnDatabase | None = None
) -> AsyncIterator[TestServer]:
    """The API over a fresh database in `folder`, or over PostgreSQL, listening."""
    (folder / "secret.key").write_bytes(foundation.key_file)
    (folder / "secret.key").chmod(0o600)
    if own:
        await own.empty()
        database = Database.open(own.url, Sealer.from_key_file(folder / "secret.key"), PATIENT)
    else:
        (folder / "test.db").write_bytes(foundation.database)
        database = _open(folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        contacts, unknown = ContactWriter(database), UnknownDevices(database, 100)
        sources, notifier = clock.sources(), FakeNotifier()
        configurations = Configurations(
            database,
            foundation.catalogue,
            foundation.renderer,
            "http://phones.example.net",
            ProofPolicy(Phones().auth),
            sources,
        )
        resync = Resync(configurations, Sender(notifier, timeout=60), sources)
        registrations = Registrations(database, foundation.catalogue, notifier)
        stack.push_async_callback(registrations.close)
        jobs = JobRunner(database, resync, "tests")
        running_jobs = asyncio.create_task(jobs.run())
        stack.push_async_callback(_ended, running_jobs)
        for writer in (contacts, unknown):
            writer.start()
            stack.push_async_callback(writer.stop)
        face = ApiFace(
            database=database,
            catalogue=foundation.catalogue,
            renderer=foundation.renderer,
            configurations=configurations,
            contacts=contacts,
            resync=resync,
            registrations=registrations,
            new_job=jobs.woken,
            unknown=unknown,
            guard=make_guard(database, sources),
            sources=sources,
            window_seconds=3600,
            bootstrap_key=PLATFORM_KEY,
            registry=CollectorRegistry(),
            files=FileFolder(folder / "files"),
            uploads=UploadLimits(firmware_bytes=1_000_000, quota_bytes=3_000_000),
        )
        server = TestServer(build_api(face))
        await server.start_server()
        stack.push_async_callback(server.close)
        yield server


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


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


@pytest.fixture
async def server(
    tmp_path: Path, foundation: Foundation, clock: Clock, own: OwnDatabase | None
) -> AsyncIterator[TestServer]:
    """The API, listening."""
    async with running_api(tmp_path, foundation, clock, own) as server:
        yield server


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
async def phones(face: ApiFace) -> AsyncIterator[TestClient[Any, Any]]:
    """The phones' listener over the same database, which lets in whoever has a token or an open window."""
    recorder = (face.contacts, face.unknown)
    provisioning = make_provisioning(
        face.database, face.catalogue, face.renderer, recorder, face.sources, guard=face.guard
    )
    listener = PhoneFace(provisioning, PhoneMetrics(CollectorRegistry()), None, (), face.files, Admission(100, 60))
    async with TestClient(TestServer(build_phones(listener))) as client:
        yield client
    await provisioning.records.close()


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

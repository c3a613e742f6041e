"""A real API on a real socket over a real database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from provserver.api.app import ApiFace, build_api
from provserver.api.face import FACE
from provserver.domain.vendor import Catalogue
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import Renderer
from provserver.services.contacts import ContactWriter
from provserver.services.effective import Configurations
from provserver.services.unknown import UnknownDevices
from provserver.shipped import shipped
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate
from provserver.store.sealing import Sealer
from tests.api.catalogue import acme
from tests.api.client import Client, Clock, TwoTenants

PLATFORM_KEY = "sk_test_platform_key_of_the_tests"


@pytest.fixture(scope="session")
def stock() -> tuple[Catalogue, Renderer]:
    """The shipped vendors, and Acme, who is like Yealink but makes DECT bases as well and cannot carry a `%`."""
    environment = build_environment([shipped("templates")])
    catalogue = load_catalogue([shipped("vendors")], environment)
    return Catalogue({**catalogue.vendors, "acme": acme(catalogue.vendors["yealink"])}, "test"), Renderer(environment)


@asynccontextmanager
async def running_api(folder: Path, stock: tuple[Catalogue, Renderer], clock: Clock) -> AsyncIterator[TestServer]:
    """The API over a fresh database in `folder`, listening."""
    catalogue, renderer = stock
    create_key_file(folder / "secret.key")
    database = Database.open(f"sqlite+aiosqlite:///{folder}/test.db", Sealer.from_key_file(folder / "secret.key"))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await migrate(database)
        contacts, unknown = ContactWriter(database), UnknownDevices(database, 100)
        for writer in (contacts, unknown):
            writer.start()
            stack.push_async_callback(writer.stop)
        face = ApiFace(
            database=database,
            catalogue=catalogue,
            renderer=renderer,
            configurations=Configurations(database, catalogue, renderer, "http://phones.example.net"),
            contacts=contacts,
            unknown=unknown,
            sources=clock.sources(),
            window_seconds=3600,
            bootstrap_key=PLATFORM_KEY,
            registry=CollectorRegistry(),
        )
        server = TestServer(build_api(face))
        await server.start_server()
        stack.push_async_callback(server.close)
        yield server


@pytest.fixture
def clock() -> Clock:
    """The server's clock, which tests can turn."""
    return Clock()


@pytest.fixture
async def server(tmp_path: Path, stock: tuple[Catalogue, Renderer], clock: Clock) -> AsyncIterator[TestServer]:
    """The API, listening."""
    async with running_api(tmp_path, stock, clock) as server:
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
def face(server: TestServer) -> ApiFace:
    """What the server is built on."""
    return server.app[FACE]

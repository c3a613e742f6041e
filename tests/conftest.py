"""What every part of the suite may ask for: the shipped catalogue, and a database of its own."""

import asyncio
import importlib
import os
import pkgutil
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

import provserver
from provserver.domain.catalogue import Catalogue
from provserver.rendering.renderer import Renderer
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate
from provserver.store.sealing import Sealer

from .distributed import hold_every_statement
from .patience import PATIENT
from .postgres import Cluster, OwnDatabase, running_cluster

# How long an example takes says more of the machine than of the code. The examples are the same in every run, so that
# no change is refused for what another one has brought; `pytest --hypothesis-profile search` looks for new ones.
settings.register_profile(
    "suite", deadline=None, derandomize=True, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("suite"), derandomize=False, max_examples=1000)
settings.load_profile("suite")

hold_every_statement()

_NOT_MEASURED = frozenset({"bench", "docs", "e2e", "golden", "vendors"})
"""Folders whose tests walk through data, or watch other processes: what covers that code is elsewhere."""

_WALKS = frozenset({"test_schemathesis", "test_isolation", "test_leaks", "test_uniformity"})
"""Tests that send everything everywhere: each single thing they do is done, and looked at, by another test."""


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Hypothesis also tries the constants of all our modules that were read by then, which differ from run to run."""
    if settings.default and settings.default.derandomize:
        providers._get_local_constants = lambda: providers._local_constants


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Reading the tests themselves takes three times as long when it is measured: our own modules are read before."""
    controller = _measuring(session.config)
    if controller:
        for module in pkgutil.walk_packages(provserver.__path__, "provserver."):
            if not module.name.endswith("__main__") and ".migrations." not in module.name:
                importlib.import_module(module.name)
    with _paused(controller):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measuring coverage takes longer than the tests themselves: only those are measured that it says something of."""
    with _paused(None if _is_measured(item) else _measuring(item.config)):
        return (yield)


def _is_measured(item: pytest.Item) -> bool:
    """Of calls of the API, which all run on both databases, those on one: the tests of the store measure the other."""
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    on = item.callspec.params.get("own") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    again = (folder, on) == ("api", "postgresql") or item.path.stem in _WALKS
    return folder not in _NOT_MEASURED and not again


def _measuring(config: pytest.Config) -> Any:
    """What measures coverage in this process, where something does."""
    return getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)


@contextmanager
def _paused(controller: Any) -> Iterator[None]:
    if controller is None:
        yield
        return
    controller.pause()
    try:
        yield
    finally:
        controller.resume()


@pytest.fixture(scope="session")
def shipped_vendors() -> tuple[Catalogue, Renderer]:
    """The shipped vendor files with their renderer, loaded once, where the tests of vendors load them."""
    from tests.vendors.shipped_catalogue import CATALOGUE, RENDERER  # noqa: PLC0415 - not at every start of the tests

    return CATALOGUE, RENDERER


@pytest.fixture(scope="session")
def catalogue(shipped_vendors: tuple[Catalogue, Renderer]) -> Catalogue:
    return shipped_vendors[0]


@pytest.fixture(scope="session")
def renderer(shipped_vendors: tuple[Catalogue, Renderer]) -> Renderer:
    return shipped_vendors[1]


@pytest.fixture(scope="session")
def blank_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A migrated SQLite database without a row: migrating takes longer than most tests, so they copy this one."""
    folder = tmp_path_factory.mktemp("blank")
    create_key_file(folder / "secret.key")
    asyncio.run(_migrate_url(f"sqlite+aiosqlite:///{folder}/blank.db"))
    return (folder / "blank.db").read_bytes()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A PostgreSQL server, one for all processes of a run of the suite."""
    run = getattr(request.config, "workerinput", {}).get("testrunuid", str(os.getpid()))
    with running_cluster(run) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def own_postgres(postgres: Cluster) -> Iterator[OwnDatabase]:
    """A migrated database that this process of the suite has for itself; whoever takes it empties it first."""
    own = OwnDatabase(postgres, f"own_{os.getpid()}")
    asyncio.run(postgres.migrated(own.name, _migrate_url))
    yield own
    asyncio.run(postgres.drop(own.name))


async def _migrate_url(url: str) -> None:
    database = Database.open(url, Sealer([Fernet.generate_key().decode()]), PATIENT)
    await migrate(database)
    await database.close()


@pytest.fixture
async def database(tmp_path: Path, blank_database: bytes) -> AsyncIterator[Database]:
    """A migrated SQLite database in a temporary folder."""
    key_file = tmp_path / "secret.key"
    create_key_file(key_file)
    (tmp_path / "provserver.db").write_bytes(blank_database)
    sealer = Sealer.from_key_file(key_file)
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/provserver.db", sealer, PATIENT)
    yield database
    await database.close()

"""A migrated database: the tests of the store run on SQLite and on PostgreSQL, but for those that name one."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from provserver.domain.device import Account
from provserver.store.accounts import insert_account
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.sealing import Sealer
from tests.patience import PATIENT
from tests.postgres import OwnDatabase

from .builders import account

only_sqlite = pytest.mark.parametrize("kind", ["sqlite"])
only_postgresql = pytest.mark.parametrize("kind", ["postgresql"])


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret.key"
    create_key_file(path)
    return path


@pytest.fixture
def sealer(key_file: Path) -> Sealer:
    return Sealer.from_key_file(key_file)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database; a test that is about one of them is parametrized with it alone."""
    return str(request.param)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/provserver.db"


@pytest.fixture
def own(kind: str, request: pytest.FixtureRequest) -> OwnDatabase | None:
    return request.getfixturevalue("own_postgres") if kind == "postgresql" else None


@pytest.fixture
async def database_url(sqlite_url: str, own: OwnDatabase | None) -> AsyncIterator[str]:
    """The URL of a database without a schema."""
    if own is None:
        yield sqlite_url
        return
    cluster, name = own.cluster, f"bare_{os.getpid()}"
    yield await cluster.create(name)
    await cluster.drop(name)


@pytest.fixture
async def db(
    tmp_path: Path, sqlite_url: str, own: OwnDatabase | None, sealer: Sealer, blank_database: bytes
) -> AsyncIterator[Database]:
    if own is None:
        (tmp_path / "provserver.db").write_bytes(blank_database)
        database = Database.open(sqlite_url, sealer, PATIENT)
    else:
        await own.empty()
        database = Database.open(own.url, sealer, PATIENT)
    yield database
    await database.close()


@pytest.fixture
async def acme(db: Database) -> Account:
    stored = account(name="Acme")
    async with db.write() as conn:
        await insert_account(conn, stored)
    return stored


@pytest.fixture
async def other(db: Database) -> Account:
    stored = account(name="Other")
    async with db.write() as conn:
        await insert_account(conn, stored)
    return stored

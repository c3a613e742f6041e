"""A migrated SQLite database in a temporary folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from provserver.domain.device import Account
from provserver.store.accounts import insert_account
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.sealing import Sealer

from .builders import account


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret.key"
    create_key_file(path)
    return path


@pytest.fixture
def sealer(key_file: Path) -> Sealer:
    return Sealer.from_key_file(key_file)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/provserver.db"


@pytest.fixture
async def db(tmp_path: Path, database_url: str, sealer: Sealer, blank_database: bytes) -> AsyncIterator[Database]:
    (tmp_path / "provserver.db").write_bytes(blank_database)
    database = Database.open(database_url, sealer)
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

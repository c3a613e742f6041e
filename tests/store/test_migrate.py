import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import alembic.op
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from sqlalchemy import Connection, inspect, text

from provserver.domain.errors import BadConfiguration
from provserver.store import migrate as migrate_module
from provserver.store.database import Database
from provserver.store.migrate import migrate, revisions, schema_state
from provserver.store.schema import metadata
from provserver.store.sealing import Sealer
from tests.patience import PATIENT

from .conftest import only_postgresql, only_sqlite


async def _set_version(db: Database, version: str) -> None:
    async with db.write() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


async def test_migrations_lead_to_exactly_the_tables_that_the_code_uses(db: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    async with db.read() as conn:
        assert await conn.run_sync(differences) == []


async def test_migrating_again_changes_nothing(database_url: str, sealer: Sealer) -> None:
    db = Database.open(database_url, sealer, PATIENT)
    assert await schema_state(db) == "empty"
    assert await migrate(db) is True
    assert await schema_state(db) == "current"
    assert await migrate(db) is False
    await db.close()


_MIGRATE = """
import asyncio, sys
from provserver.store.database import Database
from provserver.store.migrate import migrate
from provserver.store.sealing import Sealer
print(asyncio.run(migrate(Database.open(sys.argv[1], Sealer([sys.argv[2]])))))
"""


@only_postgresql
async def test_two_instances_that_start_at_once_migrate_once(database_url: str, sealer: Sealer) -> None:
    """Without a lock of its own: whoever comes second finds the first one's work."""
    key = Fernet.generate_key().decode()
    command = (sys.executable, "-c", _MIGRATE, database_url, key)
    instances = [await asyncio.create_subprocess_exec(*command, stdout=PIPE) for _ in range(2)]
    said = [(await instance.communicate())[0].decode().strip() for instance in instances]
    assert sorted(said) == ["False", "True"]
    db = Database.open(database_url, sealer, PATIENT)
    assert await schema_state(db) == "current"
    await db.close()


@only_sqlite
async def test_two_workers_that_start_at_once_migrate_once(database_url: str, sealer: Sealer) -> None:
    workers = [Database.open(database_url, sealer, PATIENT) for _ in range(3)]
    assert sorted(await asyncio.gather(*(migrate(worker) for worker in workers))) == [False, False, True]
    for worker in workers:
        await worker.close()


async def test_a_database_of_a_newer_version_is_left_alone(database_url: str, sealer: Sealer) -> None:
    db = Database.open(database_url, sealer, PATIENT)
    await migrate(db)
    await _set_version(db, "9999")
    assert await schema_state(db) == "newer"
    with pytest.raises(BadConfiguration, match="newer version"):
        await migrate(db)
    await db.close()


async def test_an_older_database_is_named_outdated(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    later = [*revisions(), "9999"]
    monkeypatch.setattr("provserver.store.migrate.revisions", lambda: later)
    assert await schema_state(db) == "outdated"


def test_the_numbers_of_files_are_the_way_that_alembic_goes() -> None:
    """A start compares the schema with them; Alembic is only loaded where there is something to do."""
    scripts = ScriptDirectory(str(Path(migrate_module.__file__).parent / "migrations"))
    assert [script.revision for script in scripts.walk_revisions()] == revisions()[::-1]
    assert scripts.get_heads() == revisions()[-1:]


async def test_a_migration_that_fails_leaves_no_half_schema(
    database_url: str, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failed(Exception):
        pass

    create_index, calls = alembic.op.create_index, iter(range(100))

    def failing(*args: Any, **options: Any) -> None:
        if next(calls) == 5:
            raise Failed
        create_index(*args, **options)

    db = Database.open(database_url, sealer, PATIENT)
    monkeypatch.setattr(alembic.op, "create_index", failing)
    with pytest.raises(Failed):
        await migrate(db)
    monkeypatch.undo()
    async with db.read() as conn:
        assert await conn.run_sync(lambda connection: inspect(connection).get_table_names()) == []
    assert await migrate(db) is True
    await db.close()

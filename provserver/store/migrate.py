"""The schema's way from version to version."""

import asyncio
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, column, inspect, select, table
from sqlalchemy.exc import DBAPIError

from provserver.domain.errors import BadConfiguration, Contended
from provserver.store.database import Database
from provserver.store.postgresql import Limits, is_raced

SchemaState = Literal["current", "outdated", "empty", "newer"]

_A_DAY = 86_400.0
_TRIES = 20
_PAUSE = 0.5
_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSIONS = table("alembic_version", column("version_num"))


async def migrate(db: Database) -> bool:
    """Bring the schema to this version, in one transaction; True where there was something to do.

    Raises `BadConfiguration` where a newer version of provserver has been there.
    """
    if db.embedded:
        return await _migrate(db)
    patient = Database.open(db.engine.url, db.sealer, Limits(statement=_A_DAY))  # large tables, and others that migrate
    try:
        return await _migrate_in_turn(patient)
    finally:
        await patient.close()


async def _migrate_in_turn(db: Database) -> bool:
    for _ in range(_TRIES):
        try:
            return await _migrate(db)
        except (DBAPIError, Contended) as error:
            if isinstance(error, DBAPIError) and not is_raced(error):
                raise
            await asyncio.sleep(_PAUSE)  # another instance was faster; what it has made is found
    return await _migrate(db)


async def _migrate(db: Database) -> bool:
    async with db.write() as conn:
        state = await conn.run_sync(_state)
        if state == "newer":
            raise BadConfiguration("the database was made by a newer version of provserver; run that one")
        if state == "current":
            return False
        await conn.run_sync(_upgrade)
        return True


async def schema_state(db: Database) -> SchemaState:
    """Where the schema stands, compared with this version of provserver."""
    async with db.read() as conn:
        return await conn.run_sync(_state)


def _state(connection: Connection) -> SchemaState:
    if not inspect(connection).has_table(_VERSIONS.name):
        return "empty"
    present = set(connection.scalars(select(_VERSIONS.c.version_num)))
    known = revisions()
    if present == {known[-1]}:
        return "current"
    return "outdated" if present <= set(known) else "newer"


def revisions() -> list[str]:
    """Every version of the schema, oldest first: each migration's file begins with its number."""
    return sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _upgrade(connection: Connection) -> None:
    from provserver.store.upgrade import upgrade  # noqa: PLC0415 - 8 MB that most starts have no use for

    upgrade(connection, _MIGRATIONS)

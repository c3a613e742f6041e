"""Schema migration."""

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
    """Migrate the schema to this version, in one transaction. Returns whether anything was done.

    Raises `BadConfiguration` if the schema is from a newer version.
    """
    if db.embedded:
        return await _migrate(db)
    # For large tables, and for waiting until another instance has migrated
    patient = Database.open(db.engine.url, db.sealer, Limits(statement=_A_DAY))
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
            await asyncio.sleep(_PAUSE)  # another instance was faster; the next attempt finds nothing to do
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
    """The state of the schema, compared with this version."""
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
    """All schema versions, oldest first; each migration's file name starts with its number."""
    return sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _upgrade(connection: Connection) -> None:
    from provserver.store.upgrade import upgrade  # noqa: PLC0415 - 8 MB that most starts do not need

    upgrade(connection, _MIGRATIONS)

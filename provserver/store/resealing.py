"""Key rotation: re-encrypts everything with the first key, while the server runs."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.database import Database
from provserver.store.schema import devices, idempotency_keys, settings_layers, users
from provserver.store.sealing import Sealer

_BATCH = 100  # rows per transaction, blocking other writers for a few milliseconds

_SEALED: tuple[Column[Any], ...] = (
    users.c.sip_password_sealed,
    devices.c.token_sealed,
    devices.c.previous_token_sealed,
    settings_layers.c.sealed,
    idempotency_keys.c.answer_sealed,
)


async def reseal_everything(db: Database) -> int:
    """Re-encrypt everything not yet encrypted with the first key of `db.sealer`; returns the number of secrets.

    Safe beside a running server, and restartable after an interruption. Afterwards the other keys can be dropped.
    """
    return sum([await _reseal_column(db, column) for column in _SEALED])


async def check_keys(db: Database) -> None:
    """Decrypt the first and last secret of every kind. Raises `BadConfiguration` if no key fits.

    Called at start, so that a wrong key file prevents the start rather than failing every request.
    """
    async with db.read() as conn:
        for column in _SEALED:
            key = column.table.primary_key.columns
            for order in ([part.asc() for part in key], [part.desc() for part in key]):
                found = select(column).where(column.is_not(None)).order_by(*order).limit(1)
                sealed = (await conn.execute(found)).scalar_one_or_none()
                if sealed is not None:
                    db.sealer.open(sealed)


@dataclass(slots=True)
class _Step:
    resealed: int
    last: tuple[Any, ...] | None


async def _reseal_column(db: Database, column: Column[Any]) -> int:
    resealed, last = 0, None
    while True:
        async with db.write() as conn:
            step = await _reseal_batch(conn, db.sealer, column, last)
        resealed, last = resealed + step.resealed, step.last
        if last is None:
            return resealed


async def _reseal_batch(
    conn: AsyncConnection, sealer: Sealer, column: Column[Any], last: tuple[Any, ...] | None
) -> _Step:
    """Process one batch after the primary key `last`. The result's `last` is None at the end of the table."""
    table = column.table
    key = list(table.primary_key.columns)
    statement = select(*key, column).order_by(*key).limit(_BATCH)
    if last is not None:
        statement = statement.where(tuple_(*key) > tuple_(*(literal(v) for v in last)))
    rows = (await conn.execute(statement)).all()
    resealed = 0
    for *identity, sealed in rows:
        if sealed is None or sealer.is_current(sealed):
            continue
        same = [part == value for part, value in zip(key, identity, strict=True)]
        # only if it has not been replaced meanwhile
        await conn.execute(update(table).where(*same, column == sealed).values({column: sealer.reseal(sealed)}))
        resealed += 1
    return _Step(resealed, tuple(rows[-1][:-1]) if len(rows) == _BATCH else None)

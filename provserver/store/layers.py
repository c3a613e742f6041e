"""Settings layers: one encrypted JSON document per owner, because settings may be secret."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.revisions import bump_account, bump_device
from provserver.store.schema import settings_layers
from provserver.store.sealing import Sealer
from provserver.store.upserts import upsert

PLATFORM = "platform"  # owner id of the platform's layer


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """`{"abstractions": {…}, "vendor_overrides": {…}}`, and how often it was written; 0 for none."""

    document: dict[str, Any] = field(default_factory=dict, repr=False)
    revision: int = 0
    updated_at: datetime | None = None


async def read_layer(conn: AsyncConnection, sealer: Sealer, owner_id: str, *, for_update: bool = False) -> StoredLayer:
    """The layer of `PLATFORM`, an account or a device; empty if there is none.

    `for_update` locks it until the transaction ends, for read-modify-write.
    """
    statement = select(settings_layers).where(settings_layers.c.owner_id == owner_id)
    row = (await conn.execute(statement.with_for_update() if for_update else statement)).first()
    return StoredLayer(sealer.open_json(row.sealed), row.revision, row.updated_at) if row else StoredLayer()


async def read_documents(conn: AsyncConnection, sealer: Sealer, owner_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The documents of these owners, in one query; owners without one are omitted."""
    statement = select(settings_layers.c.owner_id, settings_layers.c.sealed)
    rows = await conn.execute(statement.where(settings_layers.c.owner_id.in_(owner_ids)))
    return {row.owner_id: sealer.open_json(row.sealed) for row in rows}


async def platform_revision(conn: AsyncConnection) -> int:
    """How often the platform's layer was written."""
    statement = select(settings_layers.c.revision).where(settings_layers.c.owner_id == PLATFORM)
    return await conn.scalar(statement) or 0


async def write_layer(
    conn: AsyncConnection, sealer: Sealer, owner_id: str, document: dict[str, Any], *, at: datetime
) -> None:
    """Replace the layer of an owner, and increment the revision of what it affects.

    Platform, account or device (and base).
    """
    values = {"sealed": sealer.seal_json(document), "updated_at": at}
    statement = upsert(conn, settings_layers).values(owner_id=owner_id, revision=1, **values)
    next_revision = settings_layers.c.revision + 1
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["owner_id"], set_={**values, "revision": next_revision})
    )
    if owner_id.startswith("acct_"):
        await bump_account(conn, owner_id)
    elif owner_id != PLATFORM:  # the platform's revision is that of its layer
        await bump_device(conn, owner_id)

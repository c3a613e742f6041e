"""Promotion: a secondary base takes over its multicell system."""

from collections.abc import Mapping
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device, MulticellRole
from provserver.domain.errors import Conflict
from provserver.services import audit
from provserver.services.change import Change
from provserver.services.dect.slots import max_handsets
from provserver.services.devices.devices import get
from provserver.store import dect, device_lists, devices


def is_promotion(base: Device, wished: Mapping[str, Any]) -> bool:
    """Whether an update makes a system's secondary its data master."""
    return base.data_master_id is not None and wished.get("multicell_role") is MulticellRole.DATA_MASTER


async def promote(change: Change, catalogue: Catalogue, base: Device) -> Device:
    """Make a secondary the data master of its system, and the old data master a secondary.

    Handsets move with their slots and account numbers, the chain id is kept, and all bases become stale. Raises
    `Conflict` with code `base_full` if the new data master's model supports fewer handsets.
    """
    old = await get(change.conn, change.sealer, base.account_id, base.data_master_id or "")
    await _check_room(change, catalogue, base, old)
    await dect.lock_base(change.conn, old.id)
    chain_id = old.chain_id
    await _update(change, old, multicell_role=MulticellRole.SECONDARY, data_master_id=base.id, chain_id=None)
    promoted = {"multicell_role": MulticellRole.DATA_MASTER, "data_master_id": None, "chain_id": chain_id}
    after = await _update(change, base, **promoted)
    await dect.move_handsets(change.conn, old.id, base.id)
    others = await device_lists.secondaries_of(change.conn, old.id)
    await dect.link_secondaries(change.conn, others, base.id)
    return after


async def _check_room(change: Change, catalogue: Catalogue, base: Device, old: Device) -> None:
    handsets = (await device_lists.handsets_of_bases(change.conn, [old.id]))[old.id]
    limit = max_handsets(catalogue, base)
    if limit is not None and len(handsets) > limit:
        reason = f"cannot be data_master: the system has {len(handsets)} handsets, {base.model} takes {limit}"
        raise Conflict(f"multicell_role {reason}", code="base_full", details={"multicell_role": reason})


async def _update(change: Change, base: Device, **changes: Any) -> Device:
    await devices.update_device(change.conn, change.sealer, base.account_id, base.id, at=change.at, **changes)
    after = await get(change.conn, change.sealer, base.account_id, base.id)
    await audit.note_device(change, after, "updated", fields=sorted(changes))
    snapshots = {"before": audit.snapshot(base), "after": audit.snapshot(after)}
    await audit.record(change, "device.updated", base.id, account_id=base.account_id, **snapshots)
    return after

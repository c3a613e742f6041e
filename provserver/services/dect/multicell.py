"""Multicell systems: assignment of secondaries to data masters, and the chain id shared by a system's bases."""

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.domain.errors import Conflict, Impossible, Invalid
from provserver.services.change import Change
from provserver.services.dect.slots import base_named, facts_of, impossible
from provserver.store import dect, device_lists

_LOWEST, _HIGHEST = 10_000, 99_999  # range of generated chain ids; those set by users may be shorter


async def data_master_for(
    change: Change,
    account_id: str,
    role: MulticellRole | None,
    wanted: str | None,
    *,
    vendor: str | None,
    own_id: str | None = None,
) -> str | None:
    """The data master of a base with this role and vendor: `wanted` if given, else the account's only one.

    None if there is none, or the only one is of another vendor. Raises `Invalid` if one is given for a base that is not
    a secondary, `NotFound`, or `Impossible` with code `not_a_data_master`, `other_vendor` or `ambiguous_data_master`.
    """
    if role is not MulticellRole.SECONDARY:
        if wanted is not None:
            reason = "is only for a base whose multicell_role is secondary"
            raise Invalid(f"data_master_id {reason}", details={"data_master_id": reason})
        return None
    if wanted is not None:
        master = await base_named(change, account_id, wanted, "data_master_id")
        if master.multicell_role is not MulticellRole.DATA_MASTER or master.id == own_id:
            raise impossible("not_a_data_master", "data_master_id", "is not the id of a data master")
        if master.vendor != vendor:
            raise impossible("other_vendor", "data_master_id", f"is a base of {master.vendor}, this one of {vendor}")
        return master.id
    masters = [base for base in await device_lists.data_masters(change.conn, account_id) if base.id != own_id]
    if len(masters) > 1:
        reason = f"is needed: the account has {len(masters)} data masters"
        raise impossible("ambiguous_data_master", "data_master_id", reason)
    return masters[0].id if masters and masters[0].vendor == vendor else None


async def check_role_change(change: Change, base: Device, role: MulticellRole) -> None:
    """Raise `Conflict` if the base has handsets or secondaries that do not allow it to take `role`."""
    if role is MulticellRole.SECONDARY:
        handsets = (await device_lists.handsets_of_bases(change.conn, [base.id]))[base.id]
        if handsets:
            reason = f"cannot be secondary while {len(handsets)} handsets are paired with this base"
            raise Conflict(f"multicell_role {reason}", code="base_in_use", details={"multicell_role": reason})
    if base.multicell_role is MulticellRole.DATA_MASTER and role is not MulticellRole.DATA_MASTER:
        secondaries = await device_lists.secondaries_of(change.conn, base.id)
        if secondaries:
            reason = f"must stay data_master while {len(secondaries)} secondary bases belong to this one"
            raise Conflict(f"multicell_role {reason}", code="base_in_use", details={"multicell_role": reason})


def check_model(catalogue: Catalogue, base: Device) -> None:
    """Raise `Impossible` with code `multicell_unsupported` if the base's model does not support multicell."""
    alone = base.multicell_role in (None, MulticellRole.SINGLE)
    if base.type is DeviceType.DECT_BASE and not alone and facts_of(catalogue, base).cells == 1:
        reason = f"must be single: {base.model or 'this base'} cannot work together with others"
        raise impossible("multicell_unsupported", "multicell_role", reason)


async def chain_id_for(
    change: Change, account_id: str, role: MulticellRole | None, wanted: str | None, current: str | None = None
) -> str | None:
    """The chain id of a base with this role: `wanted` if given, else the current one, else a new one.

    None unless it is a data master. Raises `Impossible` with code `not_a_data_master` if one is given for another role,
    and `Conflict` with code `chain_id_taken` if a system or SIP user of the account has it.
    """
    if role is not MulticellRole.DATA_MASTER:
        if wanted is not None:
            reason = "is that of a whole system: set it on its data master"
            raise impossible("not_a_data_master", "chain_id", reason)
        return None
    if wanted is None:
        return current or await _new_chain_id(change, account_id)
    if wanted != current and await _is_taken(change, account_id, wanted):
        reason = "is the chain id of another system or the SIP user name of a user"
        raise Conflict(f"chain_id {reason}", code="chain_id_taken", details={"chain_id": reason})
    return wanted


async def check_username(change: Change, account_id: str, username: str) -> None:
    """Raise `Conflict` with code `chain_id_taken` for a SIP user name that is a system's chain id."""
    if await dect.chain_id_exists(change.conn, account_id, username):
        reason = "is the chain id of a DECT system"
        raise Conflict(f"sip.username {reason}", code="chain_id_taken", details={"sip.username": reason})


async def settle(change: Change, catalogue: Catalogue, before: Device | None, after: Device) -> None:
    """Apply a base's new place in a system.

    Increments the revisions of all bases in the systems it leaves and joins.

    The account's first data master takes over the secondaries that had none. Raises `Conflict` with code `system_full`
    if a system exceeds the limit of its data master's model.
    """
    first = after.multicell_role is MulticellRole.DATA_MASTER and (
        before is None or before.multicell_role is not MulticellRole.DATA_MASTER
    )
    if first and len(await device_lists.data_masters(change.conn, after.account_id)) == 1:
        waiting = await dect.lonely_secondaries(change.conn, after.account_id, after.vendor)
        await dect.link_secondaries(change.conn, waiting, after.id)
    for master in {system_id(device) for device in (before, after) if device is not None}:
        if master is not None:
            await dect.bump_system(change.conn, master)
    joined = system_id(after)
    if joined is not None:
        await _check_cells(change, catalogue, joined)


def system_id(base: Device) -> str | None:
    """The id of the data master of a base's system, or None."""
    return base.id if base.multicell_role is MulticellRole.DATA_MASTER else base.data_master_id


async def _check_cells(change: Change, catalogue: Catalogue, data_master_id: str) -> None:
    master, *secondaries = await dect.bases_of_system(change.conn, data_master_id)
    limit = facts_of(catalogue, master).cells
    if limit is not None and len(secondaries) >= limit:
        reason = f"has all of its {limit} bases"
        raise Conflict(f"the system {reason}", code="system_full", details={"data_master_id": reason})


async def _new_chain_id(change: Change, account_id: str) -> str:
    many = _HIGHEST - _LOWEST + 1
    start = int.from_bytes(change.sources.entropy(8), "big")
    for step in range(many):
        candidate = str(_LOWEST + (start + step) % many)
        if not await _is_taken(change, account_id, candidate):
            return candidate
    raise Impossible("every chain id of this account is taken", code="no_chain_id")


async def _is_taken(change: Change, account_id: str, chain_id: str) -> bool:
    of_user = await dect.sip_username_exists(change.conn, account_id, chain_id)
    return of_user or await dect.chain_id_exists(change.conn, account_id, chain_id)

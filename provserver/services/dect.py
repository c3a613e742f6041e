"""DECT systems: which handset is on which slot of which base, and which secondary belongs to which data master."""

from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.domain.errors import Conflict, Impossible, Invalid, NotFound
from provserver.domain.vendor import Catalogue
from provserver.services.change import Change
from provserver.store import device_lists, devices


async def base_for_handset(change: Change, account_id: str, base_id: str) -> Device:
    """The base that a handset can be put on.

    Raises `NotFound`, or `Impossible` with code `not_a_base` or `base_is_secondary`.
    """
    base = await _device(change, account_id, base_id, "base_id")
    if base.type is not DeviceType.DECT_BASE:
        raise _impossible("not_a_base", "base_id", f"is a {base.type.value}; handsets are paired with DECT bases")
    if base.multicell_role is MulticellRole.SECONDARY:
        reason = "is a secondary base; handsets are added to the data master of their system"
        raise _impossible("base_is_secondary", "base_id", reason)
    return base


async def free_slot(change: Change, catalogue: Catalogue, base: Device) -> int:
    """The lowest free slot of a base. Raises `Conflict` with code `base_full`."""
    handsets = (await device_lists.handsets_of_bases(change.conn, [base.id]))[base.id]
    limit = max_handsets(catalogue, base)
    if limit is not None and len(handsets) >= limit:
        reason = f"has all of its {limit} handsets"
        raise Conflict(f"the base {reason}", code="base_full", details={"base_id": reason})
    return lowest_free({handset.slot_number for handset in handsets})


def max_handsets(catalogue: Catalogue, base: Device) -> int | None:
    """How many handsets the model of a base takes; None where that is not known."""
    dialect = catalogue.dialect_of(base)
    return dialect.model(base.model).handsets if dialect else None


def lowest_free(used: set[int | None]) -> int:
    """The smallest number from 1 that is not in `used`."""
    return next(number for number in range(1, len(used) + 2) if number not in used)


async def data_master_for(
    change: Change, account_id: str, role: MulticellRole | None, wanted: str | None, *, own_id: str | None = None
) -> str | None:
    """The data master of a base with this role: the one that is `wanted`, or the account's only one; None without any.

    Raises `Invalid` for a data master of anything but a secondary, `NotFound`, or `Impossible` with code
    `not_a_data_master` or `ambiguous_data_master`.
    """
    if role is not MulticellRole.SECONDARY:
        if wanted is not None:
            reason = "is only for a base whose multicell_role is secondary"
            raise Invalid(f"data_master_id {reason}", details={"data_master_id": reason})
        return None
    if wanted is not None:
        master = await _device(change, account_id, wanted, "data_master_id")
        if master.multicell_role is not MulticellRole.DATA_MASTER or master.id == own_id:
            raise _impossible("not_a_data_master", "data_master_id", "is not the id of a data master")
        return master.id
    masters = [base for base in await device_lists.data_masters(change.conn, account_id) if base.id != own_id]
    if len(masters) > 1:
        reason = f"is needed: the account has {len(masters)} data masters"
        raise _impossible("ambiguous_data_master", "data_master_id", reason)
    return masters[0].id if masters else None


async def check_role_change(change: Change, base: Device, role: MulticellRole) -> None:
    """Raise `Conflict` where what hangs on a base does not allow it to take `role`."""
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


async def _device(change: Change, account_id: str, device_id: str, field: str) -> Device:
    device = await devices.get_device(change.conn, change.sealer, account_id, device_id)
    if device is None:
        reason = "is not the id of a device"
        raise NotFound(f"{field} {reason}", details={field: reason})
    return device


def _impossible(code: str, field: str, reason: str) -> Impossible:
    return Impossible(f"{field} {reason}", code=code, details={field: reason})

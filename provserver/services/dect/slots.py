"""Handset slots of bases, and the model facts of bases."""

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.domain.errors import Conflict, Impossible, NotFound
from provserver.domain.models import Model
from provserver.domain.vendor import Vendor
from provserver.services.change import Change
from provserver.store import dect as store_dect
from provserver.store import device_lists, devices
from provserver.store.database import Connection


async def base_for_handset(change: Change, account_id: str, base_id: str) -> Device:
    """The base that a handset can be paired with.

    Raises `NotFound`, or `Impossible` with code `not_a_base` or `base_is_secondary`.
    """
    base = await base_named(change, account_id, base_id, "base_id")
    if base.type is not DeviceType.DECT_BASE:
        raise impossible("not_a_base", "base_id", f"is a {base.type.value}; handsets are paired with DECT bases")
    if base.multicell_role is MulticellRole.SECONDARY:
        reason = "is a secondary base; handsets are added to the data master of their system"
        raise impossible("base_is_secondary", "base_id", reason)
    await store_dect.lock_base(change.conn, base.id)
    await devices.settle_type(change.conn, base.id)
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
    """The maximum number of handsets of the base's model; None if unknown."""
    return facts_of(catalogue, base).handsets


def lowest_free(used: set[int | None]) -> int:
    """The smallest number from 1 that is not in `used`."""
    return next(number for number in range(1, len(used) + 2) if number not in used)


async def dialect_of(conn: Connection, catalogue: Catalogue, device: Device) -> Vendor | None:
    """The vendor file that configures a device; for a handset, that of its base."""
    if device.base_id is None:
        return catalogue.dialect_of(device)
    [base] = await device_lists.devices_by_id(conn, [device.base_id])
    return catalogue.dialect_of(base)


def facts_of(catalogue: Catalogue, base: Device) -> Model:
    """The facts about the base's model."""
    dialect = catalogue.dialect_of(base)
    return dialect.model(base.model) if dialect else Model()


async def base_named(change: Change, account_id: str, device_id: str, field: str) -> Device:
    """The device that a field of a request refers to. Raises `NotFound`."""
    device = await devices.get_device(change.conn, change.sealer, account_id, device_id)
    if device is None:
        reason = "is not the id of a device"
        raise NotFound(f"{field} {reason}", details={field: reason})
    return device


def impossible(code: str, field: str, reason: str) -> Impossible:
    """The error for an impossible value of a field."""
    return Impossible(f"{field} {reason}", code=code, details={field: reason})

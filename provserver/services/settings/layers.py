"""The layers of platform, accounts and devices: reading (masked) and merge patches."""

from collections.abc import Mapping
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device
from provserver.services import audit
from provserver.services.change import Change
from provserver.services.dect.slots import dialect_of
from provserver.services.settings import documents
from provserver.services.settings.carrying import (
    check_carried,
    check_layer_carried,
    check_user_carried,
    document_values,
)
from provserver.services.settings.masking import masked_own, masked_shared
from provserver.store.assignments import lines_of
from provserver.store.database import Connection
from provserver.store.layers import PLATFORM, read_documents, read_layer, write_layer
from provserver.store.sealing import Sealer


async def shared_layer(
    conn: Connection, sealer: Sealer, catalogue: Catalogue, account_id: str | None
) -> dict[str, Any]:
    """The layer of an account, or of the platform (None); secrets masked."""
    return masked_shared((await read_layer(conn, sealer, account_id or PLATFORM)).document, catalogue)


async def patch_shared_layer(
    change: Change, catalogue: Catalogue, account_id: str | None, patch: Mapping[str, Any]
) -> dict[str, Any]:
    """Merge `patch` into the layer of an account, or of the platform (None), and return it masked.

    Raises `Invalid`, or `CannotCarry` if the files of a device it applies to cannot represent a value.
    """
    owner = account_id or PLATFORM
    stored = (await read_layer(change.conn, change.sealer, owner, for_update=True)).document
    document = documents.patched_shared(stored, patch, catalogue)
    await check_layer_carried(change.conn, catalogue, document, account_id)
    before, after = masked_shared(stored, catalogue), masked_shared(document, catalogue)
    if document != stored:
        await write_layer(change.conn, change.sealer, owner, document, at=change.at)
        action = "account.config_updated" if account_id else "platform.config_updated"
        await audit.record(change, action, owner, account_id=account_id, before=before, after=after)
    return after


async def patch_own_layer(
    change: Change, catalogue: Catalogue, device: Device, patch: Mapping[str, Any] | None
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Merge `patch` (None: clear) into a device's layer. Returns it masked before and after, or None if unchanged.

    Raises `Invalid`, or `CannotCarry` if the device's files cannot represent a value.
    """
    vendor = await dialect_of(change.conn, catalogue, device)
    stored = (await read_layer(change.conn, change.sealer, device.id, for_update=True)).document
    document = documents.patched_own(stored, patch, vendor, "overrides")
    if vendor is not None:
        check_carried(vendor, document_values(document, "overrides."))
    if document == documents.patched_own(stored, {}, vendor, "overrides"):
        return None
    await write_layer(change.conn, change.sealer, device.id, document, at=change.at)
    return masked_own(stored, vendor), masked_own(document, vendor)


async def check_vendor_fits(change: Change, catalogue: Catalogue, device: Device) -> None:
    """Check everything that applies to a device against its (new) vendor: layers and users.

    Raises `Invalid` for raw parameters that are not this vendor's, or `CannotCarry` for values.
    """
    vendor = await dialect_of(change.conn, catalogue, device)
    if vendor is None:
        return
    stored = await read_documents(change.conn, change.sealer, [PLATFORM, device.account_id, device.id])
    own = stored.pop(device.id, {})
    documents.check_raw_names(own.get("vendor_overrides") or {}, vendor, "overrides.vendor_overrides")
    check_carried(vendor, document_values(own, "overrides."))
    for owner, document in stored.items():
        prefix = "platform config: " if owner == PLATFORM else "account config: "
        check_carried(vendor, document_values({"abstractions": document.get("abstractions")}, prefix))
    for _, user in await lines_of(change.conn, change.sealer, device.id):
        check_user_carried(vendor, user)

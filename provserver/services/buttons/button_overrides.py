"""Overrides: a device's replacements for buttons of its template."""

from collections.abc import Mapping
from typing import Any

from provserver.domain.button_types import ButtonType
from provserver.domain.buttons import Override
from provserver.domain.device import Device
from provserver.domain.errors import NotFound
from provserver.services import audit
from provserver.services.buttons.button_templates import check_user
from provserver.services.change import Change
from provserver.services.paging import Page, PageRequest
from provserver.store import buttons
from provserver.store.database import Connection


async def add(
    change: Change,
    device: Device,
    position: int,
    kind: ButtonType | None,
    target: Mapping[str, Any],
    label: str | None,
) -> Override:
    """Override a position of a device; with `kind` None, the position is suppressed.

    Raises `NotFound` for the user of the target, or `Conflict` with code `position_taken`.
    """
    await check_user(change, device.account_id, target)
    override = Override(
        id=change.sources.new_id("dbo"),
        device_id=device.id,
        position=position,
        suppressed=kind is None,
        type=kind,
        target=target,
        label=label,
        created_at=change.at,
    )
    await buttons.insert_button(change.conn, device.account_id, override)
    await _note(change, device, "override_added", after=_shown(override))
    return override


async def list_overrides(conn: Connection, device_id: str, request: PageRequest) -> Page[Override]:
    """A page of a device's overrides, by position."""
    return await buttons.list_overrides(conn, device_id, request)


async def remove(change: Change, device: Device, override_id: str) -> None:
    """Remove an override, so that the template applies again. Raises `NotFound`."""
    override = await buttons.get_override(change.conn, device.id, override_id)
    if override is None:
        raise NotFound("there is no such button override")
    await buttons.delete_button(change.conn, device.account_id, override)
    await _note(change, device, "override_removed", before=_shown(override))


def _shown(override: Override) -> dict[str, Any]:
    told: dict[str, Any] = {"id": override.id, "position": override.position}
    if override.type is None:
        return {**told, "suppressed": True}
    return {**told, "type": override.type, "target": dict(override.target)}


async def _note(change: Change, device: Device, what: str, **snapshots: Mapping[str, Any]) -> None:
    position = next(iter(snapshots.values()))["position"]
    await audit.note_device(change, device, "updated", fields=["button_overrides"], position=position)
    await audit.record(change, f"device.button_{what}", device.id, account_id=device.account_id, **snapshots)

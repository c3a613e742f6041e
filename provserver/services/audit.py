"""Audit log: every change is recorded, and a change of a device also as an event of that device."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from provserver.domain.device import Account, ApiKey, Device, Event, User
from provserver.domain.mac import Mac
from provserver.domain.uploads import StoredFile
from provserver.services.change import Change
from provserver.services.paging import Page, PageRequest
from provserver.store import audit, events
from provserver.store.audit import AuditEntry, AuditFilter
from provserver.store.database import Connection

__all__ = ["AuditEntry", "AuditFilter", "list_entries", "note_device", "record", "snapshot"]

_SECRET = frozenset({"sip_password", "token"})
_OBSERVED = frozenset(
    {
        "revision",
        "fetched_stamp",
        "fetched_etag",
        "fetched_base_url",
        "last_used_at",
        "notified_event",
        "has_two_secrets",
    }
)


def snapshot(resource: Account | User | Device | ApiKey | StoredFile) -> dict[str, Any]:
    """A record as JSON, without secrets and internal fields."""
    hidden = _SECRET | _OBSERVED
    shown = {field.name: getattr(resource, field.name) for field in fields(resource) if field.name not in hidden}
    return {name: _plain(value) for name, value in shown.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Mac) else value


async def record(
    change: Change,
    action: str,
    resource_id: str,
    *,
    account_id: str | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Record a change as `action`, such as `device.updated`. `before` and `after` must not contain secrets."""
    await audit.insert_audit(
        change.conn,
        AuditEntry(
            id=change.sources.new_id("aud"),
            account_id=account_id,
            key_id=change.actor.key_id,
            created_at=change.at,
            action=action,
            resource_id=resource_id,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
            request_id=change.actor.request_id,
            source_ip=change.actor.source_ip,
        ),
    )


async def note_device(change: Change, device: Device, kind: str, **details: Any) -> None:
    """Record a change in the device's event history. `details` must not contain secrets."""
    event = Event(
        id=change.sources.new_id("evt"),
        account_id=device.account_id,
        device_id=device.id,
        type=kind,
        created_at=change.at,
        request_id=change.actor.request_id,
        details={**details, "key_id": change.actor.key_id},
    )
    await events.insert_events(change.conn, [event])


async def list_entries(conn: Connection, request: PageRequest, chosen: AuditFilter) -> Page[AuditEntry]:
    """A page of the entries matching `chosen`, newest first."""
    return await audit.list_audit(conn, request, chosen)

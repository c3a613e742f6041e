"""Conversion between `Device` and its table row."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Device, DeviceStatus, DeviceType, MulticellRole, Origin
from provserver.domain.ids import ordinal_of
from provserver.domain.mac import Mac
from provserver.store.schema import devices, search_terms
from provserver.store.sealing import Sealer
from provserver.store.search import Terms, replace_terms, terms_of

TERMS = Terms(search_terms, search_terms.c.device_id, search_terms.c.ordinal, devices.c.ordinal, devices.c.id)
SEARCHED = frozenset({"name", "vendor", "model", "location", "mac", "ipei"})
INDEXED = ("id", "account_id", *sorted(SEARCHED))  # the columns that a device's search terms are derived from

_SECRETS = frozenset({"token_hash", "token_sealed", "previous_token_hash", "previous_token_sealed"})
_ONLY_STORED = frozenset({"ordinal", "kind"}) | _SECRETS
_CONVERTED = frozenset({"type", "mac", "multicell_role", "status", "vendor_source", "type_source"})
_PLAIN = [(column.name, column) for column in devices.c if column.name not in _ONLY_STORED | _CONVERTED]


def device_of(row: Mapping[Any, Any], sealer: Sealer | None = None) -> Device:
    """The device in a row that selects the columns of `devices`; without a sealer its token stays None."""
    mac, role, token = row[devices.c.mac], row[devices.c.multicell_role], row[devices.c.token_sealed]
    return Device(
        **{name: row[column] for name, column in _PLAIN},
        type=DeviceType(row[devices.c.type]),
        status=DeviceStatus(row[devices.c.status]),
        vendor_source=Origin(row[devices.c.vendor_source]),
        type_source=Origin(row[devices.c.type_source]),
        mac=Mac(mac) if mac else None,
        multicell_role=MulticellRole(role) if role else None,
        token=sealer.open(token) if sealer and token else None,
        has_two_secrets=row[devices.c.previous_token_hash] is not None,
    )


def stored(fields: Mapping[str, Any], sealer: Sealer | None = None) -> dict[str, Any]:
    """Convert fields of `Device` to columns. A `token` requires the sealer."""
    values = dict(fields)
    if "mac" in values:
        values["mac"] = values["mac"].bare if values["mac"] else None
    if "token" in values:
        token = values.pop("token")
        values["token_hash"] = hash_token(token) if token else None
        values["token_sealed"] = sealer.seal(token) if sealer and token else None
    return values


def stored_device(device: Device, sealer: Sealer) -> dict[str, Any]:
    """The complete row of `device`."""
    names = [column.name for column in devices.c if column.name not in _ONLY_STORED]
    fields = {name: getattr(device, name) for name in (*names, "token")}
    return {**stored(fields, sealer), "ordinal": ordinal_of(device.id)}


def hash_token(token: str) -> str:
    """The lookup key of a token: its SHA-256 in hexadecimal. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


async def index_device(conn: AsyncConnection, device: Device) -> None:
    """Update the search terms of a device."""
    await index_devices(conn, [stored({name: getattr(device, name) for name in INDEXED})])


async def index_devices(conn: AsyncConnection, told: Iterable[Mapping[str, Any]]) -> None:
    """Update the search terms of several devices, given their columns `INDEXED`."""
    await replace_terms(conn, TERMS, map(_found_by, told))


def _found_by(device: Mapping[str, Any]) -> tuple[Mapping[str, str], set[str]]:
    words = terms_of(*(device[name] for name in ("name", "vendor", "model", "location", "ipei")))
    mac, device_id = device["mac"], device["id"]
    words |= {device_id, *((mac, mac[-6:]) if mac else ())}
    return {"account_id": device["account_id"], "ordinal": ordinal_of(device_id), "device_id": device_id}, words

"""The query of the phone path: a device with its account and layers, in one statement."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, exists, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Account, Device
from provserver.domain.mac import Mac
from provserver.domain.proofs import Secret
from provserver.store.accounts import account_of
from provserver.store.device_rows import device_of, hash_token
from provserver.store.layers import PLATFORM
from provserver.store.prepared import fetch_mappings
from provserver.store.schema import accounts, burnt_tokens, devices, settings_layers
from provserver.store.sealing import Sealer

__all__ = ["FetchRecord", "Found", "find", "find_all", "find_by_id", "find_by_mac", "hash_token"]

_platform = settings_layers.alias("platform_layer")
_account = settings_layers.alias("account_layer")
_device = settings_layers.alias("device_layer")
_LAYERS = tuple(layer.c.sealed.label(layer.name) for layer in (_platform, _account, _device))

_PLATFORM_REVISION = func.coalesce(_platform.c.revision, 0).label("platform_revision")
_RECORD = (
    select(devices, accounts, *_LAYERS, _PLATFORM_REVISION)
    .join(accounts, accounts.c.id == devices.c.account_id)
    .outerjoin(_platform, _platform.c.owner_id == PLATFORM)
    .outerjoin(_account, _account.c.owner_id == devices.c.account_id)
    .outerjoin(_device, _device.c.owner_id == devices.c.id)
)

# Built once: finding a new statement in SQLAlchemy's cache takes longer than SQLite needs for the query.
_BY_MAC = _RECORD.where(devices.c.mac == bindparam("claimed_mac"))
_BY_ID = _RECORD.where(devices.c.id == bindparam("wanted"), devices.c.account_id == bindparam("owner"))

_SHOWN: BindParameter[str] = bindparam("shown_hash")
_BURNT = exists().where(burnt_tokens.c.token_hash == _SHOWN, burnt_tokens.c.mac == devices.c.mac).label("burnt")
_named = devices.alias("named")
# Three index lookups. With OR, the planner prefers to scan all accounts.
_NAMED = union_all(
    select(_named.c.id).where(_named.c.mac == bindparam("claimed_mac")),
    select(_named.c.id).where(_named.c.token_hash == _SHOWN),
    select(_named.c.id).where(_named.c.previous_token_hash == _SHOWN),
)
_BY_MAC_OR_TOKEN = _RECORD.add_columns(_BURNT).where(devices.c.id.in_(_NAMED))


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """A device and everything its file is made from, except its lines.

    Secrets and layers are still encrypted, because decrypting them takes longer than the rest of a cached request.
    `device.token` is None here.
    """

    device: Device
    account: Account
    platform_revision: int
    sealed_layers: tuple[str | None, str | None, str | None] = field(repr=False)
    token_hash: str | None = field(repr=False)
    token_sealed: str | None = field(repr=False)
    previous_token_hash: str | None = field(repr=False)
    previous_token_sealed: str | None = field(repr=False)

    def open_layers(self, sealer: Sealer) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Decrypt the layers of platform, account and device; empty if not set."""
        platform, account, device = (sealer.open_json(sealed) if sealed else {} for sealed in self.sealed_layers)
        return platform, account, device

    def open_token(self, sealer: Sealer) -> str | None:
        """Decrypt the device's secret; None if it has none."""
        return sealer.open(self.token_sealed) if self.token_sealed else None

    def known_secret(self, secret_hash: str) -> Secret:
        """What a secret with this hash is for this device; compared in constant time."""
        if compare_digest(self.token_hash or "", secret_hash):
            return Secret.CURRENT
        if compare_digest(self.previous_token_hash or "", secret_hash):
            return Secret.PREVIOUS
        return Secret.UNKNOWN


@dataclass(frozen=True, slots=True)
class Found:
    """The device that a request is about, and the state of the token in its path (None: no token).

    `stale_for`: seconds since the record was last confirmed, if the database is unreachable; else None.
    """

    record: FetchRecord | None
    token: Secret | None = None
    stale_for: float | None = None


async def find(conn: AsyncConnection, mac: Mac | None, token: str | None) -> Found:
    """Find the device by MAC, else by token, in one query."""
    if token is None:
        return Found(await find_by_mac(conn, mac) if mac else None)
    shown = hash_token(token)
    values = {"claimed_mac": mac.bare if mac else "", "shown_hash": shown}
    rows = await fetch_mappings(conn, _BY_MAC_OR_TOKEN, values)
    records = [(_record_of(row), bool(row[_BURNT])) for row in rows]
    owner = next((record for record, _ in records if record.known_secret(shown) is not Secret.UNKNOWN), None)
    claimed = next(((record, burnt) for record, burnt in records if mac and record.device.mac == mac), None)
    if claimed is None:
        # A token without a MAC identifies the device. A token next to an unknown MAC does not.
        return Found(owner, owner.known_secret(shown)) if owner and mac is None else Found(None, Secret.UNKNOWN)
    record, burnt = claimed
    if owner and owner is not record:
        return Found(record, Secret.ANOTHERS)
    return Found(record, Secret.BURNT if burnt else record.known_secret(shown))


async def find_by_mac(conn: AsyncConnection, mac: Mac) -> FetchRecord | None:
    """The record of the device with this MAC, in one query, or None."""
    return await _one(conn, _BY_MAC, claimed_mac=mac.bare)


async def find_by_id(conn: AsyncConnection, account_id: str, device_id: str) -> FetchRecord | None:
    """The record of an account's device, in one query, or None."""
    return await _one(conn, _BY_ID, wanted=device_id, owner=account_id)


async def find_all(conn: AsyncConnection, device_ids: Collection[str]) -> dict[str, FetchRecord]:
    """The records of these devices by id, in one query; missing devices are omitted."""
    rows = (await conn.execute(_RECORD.where(devices.c.id.in_(device_ids)))).mappings()
    return {row[devices.c.id]: _record_of(row) for row in rows}


async def _one(conn: AsyncConnection, statement: Select[Any], **named: str) -> FetchRecord | None:
    rows = await fetch_mappings(conn, statement, named)
    return _record_of(rows[0]) if rows else None


def _record_of(row: Mapping[Any, Any]) -> FetchRecord:
    platform, account, device = (row[layer] for layer in _LAYERS)
    return FetchRecord(
        device=device_of(row),
        account=account_of(row),
        platform_revision=row[_PLATFORM_REVISION],
        sealed_layers=(platform, account, device),
        token_hash=row[devices.c.token_hash],
        token_sealed=row[devices.c.token_sealed],
        previous_token_hash=row[devices.c.previous_token_hash],
        previous_token_sealed=row[devices.c.previous_token_sealed],
    )

"""What the phone path reads: one statement for the device with everything above it, one for its lines."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Account, Device
from provserver.domain.mac import Mac
from provserver.store.accounts import account_of
from provserver.store.assignments import lines_of
from provserver.store.device_rows import device_of, hash_token
from provserver.store.layers import PLATFORM
from provserver.store.schema import accounts, devices, settings_layers
from provserver.store.sealing import Sealer

__all__ = ["FetchRecord", "find_by_id", "find_by_mac", "find_by_token", "hash_token", "lines_of"]

_platform = settings_layers.alias("platform_layer")
_account = settings_layers.alias("account_layer")
_device = settings_layers.alias("device_layer")
_LAYERS = tuple(layer.c.sealed.label(layer.name) for layer in (_platform, _account, _device))

_RECORD = (
    select(devices, accounts, *_LAYERS, func.coalesce(_platform.c.revision, 0).label("platform_revision"))
    .join(accounts, accounts.c.id == devices.c.account_id)
    .outerjoin(_platform, _platform.c.owner_id == PLATFORM)
    .outerjoin(_account, _account.c.owner_id == devices.c.account_id)
    .outerjoin(_device, _device.c.owner_id == devices.c.id)
)


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """A device and all that its file is made from, but for its lines.

    Opening what is sealed takes longer than the rest of a request that is answered from memory, so it is left to those
    who need it; `device.token` is None here.
    """

    device: Device
    account: Account
    platform_revision: int
    sealed_layers: tuple[str | None, str | None, str | None] = field(repr=False)
    token_sealed: str | None = field(repr=False)

    def open_layers(self, sealer: Sealer) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """The documents of the platform, the account and the device; empty where none was written."""
        platform, account, device = (sealer.open_json(sealed) if sealed else {} for sealed in self.sealed_layers)
        return platform, account, device

    def open_token(self, sealer: Sealer) -> str | None:
        """The device's secret, or None where it has none."""
        return sealer.open(self.token_sealed) if self.token_sealed else None


async def find_by_mac(conn: AsyncConnection, mac: Mac) -> FetchRecord | None:
    """The record of the device with this MAC, in one statement; None where there is none."""
    return await _one(conn, devices.c.mac == mac.bare)


async def find_by_token(conn: AsyncConnection, token_hash: str) -> FetchRecord | None:
    """The record of the device whose token has this hash (`hash_token`), in one statement; None where there is none."""
    return await _one(conn, devices.c.token_hash == token_hash)


async def find_by_id(conn: AsyncConnection, account_id: str, device_id: str) -> FetchRecord | None:
    """The record of an account's device, in one statement; None where the account does not have it."""
    return await _one(conn, devices.c.id == device_id, devices.c.account_id == account_id)


async def _one(conn: AsyncConnection, *conditions: ColumnElement[bool]) -> FetchRecord | None:
    row = (await conn.execute(_RECORD.where(*conditions))).mappings().first()
    return _record_of(row) if row else None


def _record_of(row: RowMapping) -> FetchRecord:
    platform, account, device = (row[layer] for layer in _LAYERS)
    return FetchRecord(
        device=device_of(row),
        account=account_of(row),
        platform_revision=row["platform_revision"],
        sealed_layers=(platform, account, device),
        token_sealed=row[devices.c.token_sealed],
    )

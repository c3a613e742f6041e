"""Accounts: the tenants."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Account
from provserver.store.conflicts import conflicts_named
from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.schema import accounts, devices, events, settings_layers
from provserver.store.usage import close_account

_NAMED = [(column.name, column) for column in accounts.c]
_REACHES_FILES = frozenset({"name", "region", "timezone", "accepted_proofs"})


async def insert_account(conn: AsyncConnection, account: Account) -> None:
    """Store a new account."""
    values = {column.name: getattr(account, column.name) for column in accounts.c}
    with conflicts_named():
        await conn.execute(insert(accounts).values(values))


async def get_account(conn: AsyncConnection, account_id: str) -> Account | None:
    """The account, or None."""
    row = (await conn.execute(select(accounts).where(accounts.c.id == account_id))).mappings().first()
    return account_of(row) if row else None


async def list_accounts(conn: AsyncConnection, request: PageRequest) -> Page[Account]:
    """All accounts, newest first."""
    return await fetch_page(conn, select(accounts), Window.of(request, accounts.c.id), account_of)


async def update_account(conn: AsyncConnection, account_id: str, *, at: datetime, **changes: Any) -> Account | None:
    """Change fields of `Account` by name and return the updated account; None if it does not exist.

    Increments `revision` if the change can affect configuration files (name, region, timezone, accepted proofs).
    """
    values: dict[str, Any] = {**changes, "updated_at": at}
    if _REACHES_FILES & changes.keys():
        values["revision"] = accounts.c.revision + 1
    await conn.execute(update(accounts).where(accounts.c.id == account_id).values(values))
    return await get_account(conn, account_id)


async def delete_account(conn: AsyncConnection, account_id: str, *, at: datetime) -> bool:
    """Delete an account with its users, devices, keys, layers and events; usage is kept. False if it does not exist."""
    owned = select(devices.c.id).where(devices.c.account_id == account_id)
    await conn.execute(delete(settings_layers).where(settings_layers.c.owner_id.in_(owned)))
    await conn.execute(delete(settings_layers).where(settings_layers.c.owner_id == account_id))
    await conn.execute(delete(events).where(events.c.account_id == account_id))
    await close_account(conn, account_id, at=at)
    return (await conn.execute(delete(accounts).where(accounts.c.id == account_id))).rowcount > 0


def account_of(row: Mapping[Any, Any]) -> Account:
    """The account in a row that selects the columns of `accounts`."""
    return Account(**{name: row[column] for name, column in _NAMED})

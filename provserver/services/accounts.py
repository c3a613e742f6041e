"""Accounts: the tenants."""

from collections.abc import Mapping
from typing import Any

from provserver.domain.device import Account
from provserver.domain.errors import NotFound
from provserver.services import audit
from provserver.services.buttons.button_templates import check_binding
from provserver.services.change import Change
from provserver.services.paging import Page, PageRequest
from provserver.store import accounts
from provserver.store.database import Connection


async def create(change: Change, fields: Mapping[str, Any]) -> Account:
    """Create an account; `fields` are fields of `Account` by name."""
    account = Account(id=change.sources.new_id("acct"), created_at=change.at, updated_at=change.at, **fields)
    await accounts.insert_account(change.conn, account)
    await audit.record(change, "account.created", account.id, account_id=account.id, after=audit.snapshot(account))
    return account


async def get(conn: Connection, account_id: str) -> Account:
    """The account. Raises `NotFound`."""
    account = await accounts.get_account(conn, account_id)
    if account is None:
        raise NotFound("there is no such account")
    return account


async def list_all(conn: Connection, request: PageRequest) -> Page[Account]:
    """A page of all accounts, newest first."""
    return await accounts.list_accounts(conn, request)


async def update(change: Change, account_id: str, changes: Mapping[str, Any]) -> Account:
    """Change fields by name. Raises `NotFound`, also for an unknown default button template."""
    before = await get(change.conn, account_id)
    if not changes:
        return before
    await check_binding(change, account_id, changes.get("default_button_template_id"), "default_button_template")
    await accounts.update_account(change.conn, account_id, at=change.at, **changes)
    after = await get(change.conn, account_id)
    await audit.record(
        change,
        "account.updated",
        account_id,
        account_id=account_id,
        before=audit.snapshot(before),
        after=audit.snapshot(after),
    )
    return after


async def delete(change: Change, account_id: str) -> None:
    """Delete an account with everything in it. Raises `NotFound`."""
    before = await get(change.conn, account_id)
    await accounts.delete_account(change.conn, account_id, at=change.at)
    await audit.record(change, "account.deleted", account_id, account_id=account_id, before=audit.snapshot(before))

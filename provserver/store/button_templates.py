"""Button templates, and the devices bound to them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.buttons import ButtonTemplate
from provserver.store.buttons import delete_buttons_of
from provserver.store.pages import Item, Page, PageRequest, Window, fetch_page
from provserver.store.revisions import bump_account
from provserver.store.schema import accounts, button_templates, devices

_LOOKED_AT = 100  # templates per page, if their buttons must be examined


async def insert_template(conn: AsyncConnection, template: ButtonTemplate) -> None:
    """Store a new template."""
    values = {column.name: getattr(template, column.name) for column in button_templates.c}
    await conn.execute(insert(button_templates).values(values))


async def get_template(
    conn: AsyncConnection, account_id: str, template_id: str, *, for_binding: bool = False
) -> ButtonTemplate | None:
    """The template; None if it does not exist or belongs to another account.

    `for_binding` locks it, so that it cannot be deleted before this transaction ends.
    """
    here = (button_templates.c.id == template_id, button_templates.c.account_id == account_id)
    statement = select(button_templates).where(*here)
    row = (await conn.execute(statement.with_for_update() if for_binding else statement)).mappings().first()
    return _template_of(row) if row else None


async def list_templates(conn: AsyncConnection, account_id: str, request: PageRequest) -> Page[ButtonTemplate]:
    """A page of the account's templates, newest first."""
    statement = select(button_templates).where(button_templates.c.account_id == account_id)
    return await fetch_page(conn, statement, Window.of(request, button_templates.c.id), _template_of)


async def pick_templates(
    conn: AsyncConnection,
    account_id: str,
    request: PageRequest,
    pick: Callable[[Sequence[ButtonTemplate]], Awaitable[Mapping[str, Item]]],
) -> Page[Item]:
    """A page of the account's templates that `pick` accepts, newest first. `pick` maps accepted ids to items.

    Looks at a hundred templates at most, so that no page takes long. If too few are accepted, the page is short or
    even empty, and the next one continues from there.
    """
    window = Window.of(request, button_templates.c.id)
    statement = window.bounded(select(button_templates).where(button_templates.c.account_id == account_id))
    rows = (await conn.execute(replace(window, limit=_LOOKED_AT).ordered(statement))).mappings().all()
    looked_at, more = rows[:_LOOKED_AT], len(rows) > _LOOKED_AT
    picked = await pick([_template_of(row) for row in looked_at])
    kept = [row for row in looked_at if row[button_templates.c.id] in picked]
    until = window.key(looked_at[-1]) if looked_at else None
    return window.page(kept, lambda row: picked[row[button_templates.c.id]], looked_until=until, more=more)


async def update_template(conn: AsyncConnection, template_id: str, *, at: datetime, **changes: Any) -> None:
    """Change name or description. Neither appears in files, so no revision changes."""
    values = {**changes, "updated_at": at}
    await conn.execute(update(button_templates).where(button_templates.c.id == template_id).values(values))


async def delete_template(conn: AsyncConnection, template: ButtonTemplate) -> None:
    """Delete a template with its buttons, and unbind its devices."""
    bound = devices.c.button_template_id == template.id
    await conn.execute(update(devices).where(bound).values(button_template_id=None))
    inherited = accounts.c.default_button_template_id == template.id
    await conn.execute(update(accounts).where(inherited).values(default_button_template_id=None))
    await delete_buttons_of(conn, [template.id])
    await conn.execute(delete(button_templates).where(button_templates.c.id == template.id))
    await bump_account(conn, template.account_id)


def _template_of(row: RowMapping) -> ButtonTemplate:
    return ButtonTemplate(**{column.name: row[column] for column in button_templates.c})

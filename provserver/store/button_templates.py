"""Button templates, and the devices bound to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.buttons import ButtonTemplate
from provserver.store.buttons import delete_buttons_of
from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.revisions import bump_account
from provserver.store.schema import accounts, button_templates, devices


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


async def templates_of(conn: AsyncConnection, account_id: str) -> list[ButtonTemplate]:
    """All templates of the account, newest first."""
    statement = select(button_templates).where(button_templates.c.account_id == account_id)
    rows = await conn.execute(statement.order_by(button_templates.c.id.desc()))
    return [_template_of(row) for row in rows.mappings()]


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

"""Button templates and their buttons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provserver.domain.button_types import SELF, ButtonType
from provserver.domain.buttons import Button, ButtonTemplate
from provserver.domain.errors import NotFound
from provserver.services import audit
from provserver.services.change import Change
from provserver.services.paging import Page, PageRequest
from provserver.store import button_templates, buttons, users
from provserver.store.database import Connection


@dataclass(frozen=True, slots=True)
class ButtonWish:
    """A requested button; `target` has been validated for its type."""

    position: int
    type: ButtonType
    target: Mapping[str, Any]
    label: str | None = None


async def create(change: Change, account_id: str, name: str, description: str | None) -> ButtonTemplate:
    """Create a template without buttons."""
    template = ButtonTemplate(
        id=change.sources.new_id("btpl"),
        account_id=account_id,
        name=name,
        description=description,
        created_at=change.at,
        updated_at=change.at,
    )
    await button_templates.insert_template(change.conn, template)
    await _record(change, "created", template, after={"name": name})
    return template


async def get(conn: Connection, account_id: str, template_id: str) -> ButtonTemplate:
    """The template. Raises `NotFound`."""
    template = await button_templates.get_template(conn, account_id, template_id)
    if template is None:
        raise NotFound("there is no such button template")
    return template


async def check_binding(change: Change, account_id: str, template_id: str | None, field: str) -> None:
    """Raise `NotFound` naming `field` if the template does not exist in the account."""
    if template_id is None:
        return
    if await button_templates.get_template(change.conn, account_id, template_id, for_binding=True) is None:
        reason = "is not the id of a button template"
        raise NotFound(f"{field} {reason}", details={field: reason})


async def list_templates(conn: Connection, account_id: str, request: PageRequest) -> Page[ButtonTemplate]:
    """A page of the account's templates, newest first."""
    return await button_templates.list_templates(conn, account_id, request)


async def update(change: Change, account_id: str, template_id: str, changes: Mapping[str, Any]) -> ButtonTemplate:
    """Change name or description. Raises `NotFound`."""
    before = await get(change.conn, account_id, template_id)
    if not changes:
        return before
    await button_templates.update_template(change.conn, template_id, at=change.at, **changes)
    after = await get(change.conn, account_id, template_id)
    await _record(change, "updated", after, before={"name": before.name}, after={"name": after.name})
    return after


async def delete(change: Change, account_id: str, template_id: str) -> None:
    """Delete a template with its buttons, and unbind its devices. Raises `NotFound`."""
    template = await get(change.conn, account_id, template_id)
    await button_templates.delete_template(change.conn, template)
    await _record(change, "deleted", template, before={"name": template.name})


async def list_buttons(conn: Connection, template_id: str, request: PageRequest) -> Page[Button]:
    """A page of a template's buttons, by position."""
    return await buttons.list_buttons(conn, template_id, request)


async def add_button(change: Change, account_id: str, template_id: str, wish: ButtonWish) -> Button:
    """Add a button. Raises `NotFound` for template or user, or `Conflict` with code `position_taken`."""
    template = await get(change.conn, account_id, template_id)
    await check_user(change, account_id, wish.target)
    button = Button(
        id=change.sources.new_id("btn"),
        template_id=template_id,
        position=wish.position,
        type=wish.type,
        target=wish.target,
        label=wish.label,
        created_at=change.at,
    )
    await buttons.insert_button(change.conn, account_id, button)
    await _record(change, "button_added", template, after=_shown(button))
    return button


async def move_button(change: Change, account_id: str, template_id: str, button_id: str, position: int) -> Button:
    """Move a button to another position. Raises `NotFound`, or `Conflict` with code `position_taken`."""
    template, before = await _found(change, account_id, template_id, button_id)
    if before.position == position:
        return before
    await buttons.move_button(change.conn, account_id, before, position)
    _, after = await _found(change, account_id, template_id, button_id)
    await _record(change, "button_moved", template, before=_shown(before), after=_shown(after))
    return after


async def remove_button(change: Change, account_id: str, template_id: str, button_id: str) -> None:
    """Delete a button. Raises `NotFound`."""
    template, button = await _found(change, account_id, template_id, button_id)
    await buttons.delete_button(change.conn, account_id, button)
    await _record(change, "button_removed", template, before=_shown(button))


async def check_user(change: Change, account_id: str, target: Mapping[str, Any]) -> None:
    """Raise `NotFound` if a target names a user that is not in the account."""
    user_id = target.get("user", SELF)
    if user_id != SELF and await users.get_user(change.conn, change.sealer, account_id, user_id) is None:
        reason = "is not the id of a user"
        raise NotFound(f"target.user {reason}", details={"target.user": reason})


async def _found(change: Change, account_id: str, template_id: str, button_id: str) -> tuple[ButtonTemplate, Button]:
    template = await get(change.conn, account_id, template_id)
    button = await buttons.get_button(change.conn, template_id, button_id)
    if button is None:
        raise NotFound("there is no such button")
    return template, button


def _shown(button: Button) -> dict[str, Any]:
    told = {"id": button.id, "position": button.position, "type": button.type, "target": dict(button.target)}
    return {**told, "label": button.label} if button.label else told


async def _record(change: Change, what: str, template: ButtonTemplate, **snapshots: Mapping[str, Any]) -> None:
    action = f"button_template.{what}"
    await audit.record(change, action, template.id, account_id=template.account_id, **snapshots)

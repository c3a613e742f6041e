"""Buttons of templates, and overrides of devices. `owner_id` is a template or a device."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.button_types import ButtonType
from provserver.domain.buttons import Button, ButtonRows, Override, Person
from provserver.domain.device import Device
from provserver.store.conflicts import conflicts_named
from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.prepared import fetch_mappings
from provserver.store.revisions import bump_account, bump_device
from provserver.store.schema import buttons, users

_Row = Mapping[Any, Any]  # values by columns

_PERSON = {
    column.name: column.label(f"person_{column.name}")
    for column in (users.c.id, users.c.name, users.c.extension, users.c.sip_username, users.c.sip_domain)
}
_ROWS = (
    select(buttons, *_PERSON.values())
    .outerjoin(users, users.c.id == buttons.c.user_id)
    .order_by(buttons.c.owner_id, buttons.c.position)
)
_ROWS_OF_OWNERS = _ROWS.where(buttons.c.owner_id.in_(bindparam("owners", expanding=True)))
_ROWS_OF_DEVICE = _ROWS.where(buttons.c.owner_id.in_((bindparam("device"), bindparam("template"))))


async def rows_of(conn: AsyncConnection, device: Device) -> ButtonRows:
    """The stored buttons of a device, with the users they refer to, in one query."""
    asked = {"device": device.id, "template": device.button_template_id}
    found = _by_owner(await fetch_mappings(conn, _ROWS_OF_DEVICE, asked))
    template = found.get(device.button_template_id or "", ButtonRows())
    own = found.get(device.id, ButtonRows())
    return ButtonRows(template.template, own.overrides, {**template.people, **own.people})


async def rows_of_owners(conn: AsyncConnection, owner_ids: Collection[str]) -> dict[str, ButtonRows]:
    """The buttons of templates and overrides of devices, by owner and position, in one query."""
    return _by_owner((await conn.execute(_ROWS_OF_OWNERS, {"owners": list(owner_ids)})).mappings())


def _by_owner(rows: Iterable[_Row]) -> dict[str, ButtonRows]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        found.setdefault(row[buttons.c.owner_id], []).append(row)
    return {owner: _rows(rows) for owner, rows in found.items()}


def _rows(rows: Sequence[_Row]) -> ButtonRows:
    people = (person for row in rows if (person := _person(row)))
    if is_template(rows[0][buttons.c.owner_id]):
        return ButtonRows([_button(row) for row in rows], (), {person.id: person for person in people})
    return ButtonRows((), [_override(row) for row in rows], {person.id: person for person in people})


def is_template(owner_id: str) -> bool:
    """Whether an owner is a template rather than a device."""
    return owner_id.startswith("btpl_")


async def insert_button(conn: AsyncConnection, account_id: str, button: Button | Override) -> None:
    """Store a button and increment the owner's revision. Raises `Conflict` with code `position_taken`."""
    with conflicts_named():
        await conn.execute(insert(buttons).values(account_id=account_id, **_values(button)))
    await _bump(conn, account_id, _owner(button))


async def list_buttons(conn: AsyncConnection, template_id: str, request: PageRequest) -> Page[Button]:
    """A page of a template's buttons, by position."""
    return await fetch_page(conn, _of(template_id), _by_position(request), _button)


async def list_overrides(conn: AsyncConnection, device_id: str, request: PageRequest) -> Page[Override]:
    """A page of a device's overrides, by position."""
    return await fetch_page(conn, _of(device_id), _by_position(request), _override)


async def get_button(conn: AsyncConnection, template_id: str, button_id: str) -> Button | None:
    """The button, or None if the template has none with this id."""
    row = (await conn.execute(_of(template_id).where(buttons.c.id == button_id))).mappings().first()
    return _button(row) if row else None


async def get_override(conn: AsyncConnection, device_id: str, override_id: str) -> Override | None:
    """The override, or None if the device has none with this id."""
    row = (await conn.execute(_of(device_id).where(buttons.c.id == override_id))).mappings().first()
    return _override(row) if row else None


async def move_button(conn: AsyncConnection, account_id: str, button: Button, position: int) -> None:
    """Move a template's button. Raises `Conflict` with code `position_taken`."""
    with conflicts_named():
        await conn.execute(update(buttons).where(buttons.c.id == button.id).values(position=position))
    await _bump(conn, account_id, button.template_id)


async def delete_button(conn: AsyncConnection, account_id: str, button: Button | Override) -> None:
    """Delete a button."""
    await conn.execute(delete(buttons).where(buttons.c.id == button.id))
    await _bump(conn, account_id, _owner(button))


async def delete_buttons_of(conn: AsyncConnection, owner_ids: Iterable[str]) -> None:
    """Delete all buttons of these owners. The caller must increment revisions."""
    await conn.execute(delete(buttons).where(buttons.c.owner_id.in_(list(owner_ids))))


async def _bump(conn: AsyncConnection, account_id: str, owner_id: str) -> None:
    # A template may be used by all phones of its account, so the account's revision is incremented once.
    if is_template(owner_id):
        await bump_account(conn, account_id)
    else:
        await bump_device(conn, owner_id)


def _of(owner_id: str) -> Select[Any]:
    return select(buttons).where(buttons.c.owner_id == owner_id)


def _by_position(request: PageRequest) -> Window:
    return Window.of(request, buttons.c.position, newest_first=False)


def _owner(button: Button | Override) -> str:
    return button.template_id if isinstance(button, Button) else button.device_id


def _values(button: Button | Override) -> dict[str, Any]:
    override = isinstance(button, Override)
    return {
        "id": button.id,
        "owner_id": _owner(button),
        "position": button.position,
        "suppressed": isinstance(button, Override) and button.suppressed,
        "type": button.type,
        "target": dict(button.target) if not override or button.type else None,
        "user_id": button.target.get("user"),
        "label": button.label,
        "created_at": button.created_at,
    }


def _common(row: _Row) -> dict[str, Any]:
    return {name: row[buttons.c[name]] for name in ("id", "position", "label", "created_at")} | {
        "target": row[buttons.c.target] or {}
    }


def _button(row: _Row) -> Button:
    return Button(template_id=row[buttons.c.owner_id], type=ButtonType(row[buttons.c.type]), **_common(row))


def _override(row: _Row) -> Override:
    kind = ButtonType(row[buttons.c.type]) if row[buttons.c.type] else None
    suppressed = row[buttons.c.suppressed]
    return Override(device_id=row[buttons.c.owner_id], suppressed=suppressed, type=kind, **_common(row))


def _person(row: _Row) -> Person | None:
    told: dict[str, Any] = {name: row[column] or None for name, column in _PERSON.items()}
    return Person(**told) if told["id"] else None

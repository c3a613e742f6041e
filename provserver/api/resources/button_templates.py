"""Button templates and their buttons."""

from collections.abc import Iterable
from typing import Any

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import buttons as models
from provserver.api.models.shared import PageQuery
from provserver.api.models.shown_buttons import compatibility_of, shown_button, shown_template
from provserver.api.required import not_cleared
from provserver.domain.buttons import ButtonRows, ButtonTemplate
from provserver.services.buttons import button_templates
from provserver.services.buttons.button_templates import ButtonWish
from provserver.services.buttons.button_views import KeyedDevice, keyed_device, rows_of_templates
from provserver.services.change import Connection
from provserver.services.devices import devices

AnyCall = Call[Any, Any]


async def create(call: Call[None, models.TemplateCreate]) -> Answer:
    """Create a button template."""
    async with call.write() as change:
        template = await button_templates.create(change, call.account.id, call.body.name, call.body.description)
        return await call.created(change, shown_template(template))


async def list_all(call: Call[models.TemplatesQuery, None]) -> Answer:
    """Button templates, newest first."""
    async with call.read() as conn:
        page = await button_templates.list_templates(conn, call.account.id, page_request(call.query))
        shown = await _shown(call, conn, page.items)
    return listing(call.request, page, lambda template: shown[template.id])


async def get(call: Call[models.TemplateQuery, None]) -> Answer:
    """One button template."""
    async with call.read() as conn:
        template = await button_templates.get(conn, call.account.id, call.path["id"])
        shown = await _shown(call, conn, [template])
    return Answer(200, shown[template.id])


async def update(call: Call[None, models.TemplateUpdate]) -> Answer:
    """Change a button template."""
    changes = call.body.given()
    not_cleared(changes, "name")
    async with call.write() as change:
        template = await button_templates.update(change, call.account.id, call.path["id"], changes)
    return Answer(200, shown_template(template))


async def delete(call: Call[None, None]) -> Answer:
    """Delete a button template; devices bound to it are unbound."""
    async with call.write() as change:
        await button_templates.delete(change, call.account.id, call.path["id"])
    return Answer(204)


async def add_button(call: Call[None, models.ButtonCreate]) -> Answer:
    """Add a button to a template; devices bound to it become stale."""
    body = call.body
    wish = ButtonWish(body.position, body.type, body.checked_target(), body.label)
    async with call.write() as change:
        button = await button_templates.add_button(change, call.account.id, call.path["id"], wish)
        return await call.created(change, shown_button(button))


async def list_buttons(call: Call[PageQuery, None]) -> Answer:
    """The buttons of a template, by position."""
    async with call.read() as conn:
        template = await button_templates.get(conn, call.account.id, call.path["id"])
        page = await button_templates.list_buttons(conn, template.id, page_request(call.query))
    return listing(call.request, page, shown_button)


async def move_button(call: Call[None, models.ButtonUpdate]) -> Answer:
    """Move a button of a template to another position."""
    path, position = call.path, call.body.position
    async with call.write() as change:
        button = await button_templates.move_button(change, call.account.id, path["id"], path["bid"], position)
    return Answer(200, shown_button(button))


async def remove_button(call: Call[None, None]) -> Answer:
    """Delete a button of a template."""
    async with call.write() as change:
        await button_templates.remove_button(change, call.account.id, call.path["id"], call.path["bid"])
    return Answer(204)


async def _shown(
    call: AnyCall, conn: Connection, templates: Iterable[ButtonTemplate]
) -> dict[str, models.ButtonTemplate]:
    """Templates, with what the query asks to expand."""
    query, keyed = call.query, await _keyed(call, conn)
    rows = await rows_of_templates(conn, templates) if query.expand or keyed else {}
    shown = {}
    for template in templates:
        own = rows.get(template.id, ButtonRows())
        fit = compatibility_of(keyed, keyed.with_template(own)) if keyed else None
        shown[template.id] = shown_template(template, own.template if query.expand else None, fit)
    return shown


async def _keyed(call: AnyCall, conn: Connection) -> KeyedDevice | None:
    if call.query.for_device is None:
        return None
    device = await devices.get(conn, call.face.database.sealer, call.account.id, call.query.for_device)
    return await keyed_device(conn, call.face.configurations, device)

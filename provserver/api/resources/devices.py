"""Devices of all types, and the spellings of their paths that name the type."""

from dataclasses import replace
from typing import Any

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import devices as models
from provserver.api.models.shown_buttons import compatibility_of, shown_template
from provserver.api.models.shown_devices import CreatedDevice, ShownKeys, shown_device
from provserver.domain.device import ConfigState, Device, DeviceType
from provserver.services.buttons import button_templates
from provserver.services.buttons.button_views import keyed_device
from provserver.services.change import Change, Connection
from provserver.services.devices import device_updates, device_views, devices, tokens
from provserver.services.devices.devices import DeviceFilter
from provserver.services.paging import Page

AnyCall = Call[Any, Any]


async def create(call: Call[None, models.DeviceCreate]) -> Answer:
    """Create a device of any type; what it is in full tells `GET /v1/devices/{id}`."""
    async with call.write() as change:
        device = await devices.create(change, call.face.catalogue, call.face.window, call.account.id, call.body.wish())
        return await call.created(change, CreatedDevice.of(device))


async def create_deskphone(call: Call[None, models.DeviceCreate]) -> Answer:
    """Create a desk phone."""
    return await create_typed(call, DeviceType.DESKPHONE)


async def create_base(call: Call[None, models.DeviceCreate]) -> Answer:
    """Create a DECT base."""
    return await create_typed(call, DeviceType.DECT_BASE)


async def list_all(call: Call[models.AnyDeviceQuery, None]) -> Answer:
    """Desk phones and DECT bases, or the devices of one type; newest first."""
    return await list_of(call, DeviceFilter(type=call.query.type))


async def list_deskphones(call: Call[models.DeviceQuery, None]) -> Answer:
    """Desk phones, newest first."""
    return await list_of(call, DeviceFilter(type=DeviceType.DESKPHONE))


async def list_bases(call: Call[models.DeviceQuery, None]) -> Answer:
    """DECT bases, newest first."""
    return await list_of(call, DeviceFilter(type=DeviceType.DECT_BASE))


async def get(call: Call[models.ExpandQuery, None]) -> Answer:
    """One device."""
    return await present(call, await found(call))


async def update(call: Call[None, models.DeviceUpdate]) -> Answer:
    """Change a device."""
    fields = call.body.fields()
    async with call.write() as change:
        device = await device_updates.update(change, call.face.catalogue, await found_in(call, change), fields)
    return await present(call, device)


async def delete(call: Call[models.DeleteQuery, None]) -> Answer:
    """Delete a device with its assignments, and a base with its handsets.

    A data master that has secondaries is deleted with `cascade=true`, with all of its system, or not at all.
    """
    async with call.write() as change:
        await devices.delete(change, await found_in(call, change), cascade=call.query.cascade)
    return Answer(204)


async def arm(call: Call[None, Any]) -> Answer:
    """Open the provisioning window again, for the first address that asks."""
    async with call.write() as change:
        device = await devices.arm(change, await found_in(call, change), call.face.window)
    return await present(call, device)


async def rotate_token(call: Call[None, models.TokenRotation]) -> Answer:
    """Give a device a new secret, which its file carries from now on; the device is stale until it has fetched it.

    With `overlap` the old one works until the phone has come with the new one. Without it the old one is burnt at once,
    and a phone that holds nothing else gets in by `arm` alone.
    """
    async with call.write() as change:
        device = await tokens.rotate(change, await found_in(call, change), overlap=call.body.overlap)
    return await present(call, device)


async def list_of(call: AnyCall, chosen: DeviceFilter) -> Answer:
    """A page of the devices that `chosen` and the filters of the query let through.

    With `stale` or `search` a page can be shorter than its limit, even empty, while there is a next one: it looks among
    two thousand devices at most.
    """
    query = call.query
    stale = getattr(query, "stale", None)
    if isinstance(query, models.DeviceQuery):
        said = {name: getattr(query, name) for name in ("status", "vendor", "model", "location", "search")}
        chosen = devices.spelled(call.face.catalogue, replace(chosen, **said))
    await call.face.contacts.flush()
    async with call.read() as conn:
        if stale:
            # Who may be stale is quickly found; who is, only its file tells.
            stamp = await device_views.shared_stamp_of(conn, call.face.configurations, call.account)
            chosen = replace(chosen, stale=True, shared_stamp=stamp)
        page = await devices.list_devices(conn, call.account.id, chosen, page_request(query))
    shown = await device_views.views(call.face.configurations, call.account, page.items)
    if stale is not None:
        shown = [view for view in shown if (view.config_state is ConfigState.STALE) is stale]
    shown_page = Page(shown, page.next_cursor, page.previous_cursor)
    known = call.face.registrations.of([one for view in shown for one in view.everyone])
    return listing(call.request, shown_page, lambda view: shown_device(view, known, expand=bool(query.expand)))


async def found(call: AnyCall) -> Device:
    """The device that the path names, of the type that the path names; raises `NotFound`."""
    await call.face.contacts.flush()
    async with call.read() as conn:
        sealer = call.face.database.sealer
        return await devices.get(conn, sealer, call.account.id, call.path["id"], type_of_path(call))


async def found_in(call: AnyCall, change: Change) -> Device:
    """The same inside a write transaction."""
    return await devices.get(change.conn, change.sealer, call.account.id, call.path["id"], type_of_path(call))


def type_of_path(call: AnyCall) -> DeviceType | None:
    """The type that the path's first word says; None for `/v1/devices`."""
    words = {"deskphones": DeviceType.DESKPHONE, "dect-bases": DeviceType.DECT_BASE}
    return words.get(call.request.path.split("/")[2])


async def present(call: AnyCall, device: Device) -> Answer:
    """200 with a device as it stands now."""
    [view] = await device_views.views(call.face.configurations, call.account, [device])
    await call.face.registrations.asked(device)
    known = call.face.registrations.of(view.everyone)
    expand = getattr(call.query, "expand", [])
    async with call.read() as conn:
        keys = await _keys(call, conn, device, expand_template="button_template" in expand)
    return Answer(200, shown_device(view, known, expand="users" in expand, keys=keys))


async def _keys(call: AnyCall, conn: Connection, device: Device, *, expand_template: bool) -> ShownKeys:
    """What a device tells of its keys; how well they fit only of a desk phone, which alone has any."""
    template = fit = None
    if expand_template and device.button_template_id:
        template = shown_template(await button_templates.get(conn, device.account_id, device.button_template_id))
    if device.type is DeviceType.DESKPHONE and call.face.catalogue.dialect_of(device):
        keyed = await keyed_device(conn, call.face.configurations, device)
        fit = compatibility_of(keyed, keyed.buttons())
    return ShownKeys(template, fit)


async def create_typed(call: Call[None, models.DeviceCreate], kind: DeviceType, base_id: str | None = None) -> Answer:
    """Create a device of the type that the path says; 201 with all of it."""
    wish = call.body.wish(kind=kind, base_id=base_id)
    if wish.type is not kind:
        raise models.contradicts_path(kind)
    async with call.write() as change:
        if base_id is not None:
            await found_in(call, change)
        device = await devices.create(change, call.face.catalogue, call.face.window, call.account.id, wish)
        view = await device_views.fresh_view(change, call.face.configurations, device)
        keys = await _keys(call, change.conn, device, expand_template=False)
        known = call.face.registrations.created(device)
        return await call.created(change, shown_device(view, known, expand=False, keys=keys))

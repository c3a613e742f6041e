"""Devices of all types, and the paths that name the type."""

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
    """Create a device of any type; `GET /v1/devices/{id}` shows it in full."""
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

    A data master with secondaries can only be deleted with `cascade=true`, which deletes the whole system.
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
    """Give a device a new secret, written into its file from now on; the device is stale until it has fetched that.

    With `overlap` the old secret stays valid until the phone has used the new one. Without it, the old one is invalid
    at once, and a phone that has nothing else gets in only after `arm`.
    """
    async with call.write() as change:
        device = await tokens.rotate(change, await found_in(call, change), overlap=call.body.overlap)
    return await present(call, device)


async def list_of(call: AnyCall, chosen: DeviceFilter) -> Answer:
    """A page of the devices matching `chosen` and the filters of the query.

    With `stale` or `search`, a page may be shorter than its limit or even empty although there is a next one, because
    at most two thousand devices are examined per page.
    """
    query = call.query
    stale = getattr(query, "stale", None)
    if isinstance(query, models.DeviceQuery):
        said = {name: getattr(query, name) for name in ("status", "vendor", "model", "location", "search")}
        chosen = devices.spelled(call.face.catalogue, replace(chosen, **said))
    await call.face.contacts.flush()
    async with call.read() as conn:
        if stale:
            # Candidates are found quickly by the stamp; whether one is stale shows only when its file is compared.
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
    """The device named by the path, of the path's type. Raises `NotFound`."""
    await call.face.contacts.flush()
    async with call.read() as conn:
        sealer = call.face.database.sealer
        return await devices.get(conn, sealer, call.account.id, call.path["id"], type_of_path(call))


async def found_in(call: AnyCall, change: Change) -> Device:
    """The same within a write transaction."""
    return await devices.get(change.conn, change.sealer, call.account.id, call.path["id"], type_of_path(call))


def type_of_path(call: AnyCall) -> DeviceType | None:
    """The type named by the path; None for `/v1/devices`."""
    words = {"deskphones": DeviceType.DESKPHONE, "dect-bases": DeviceType.DECT_BASE}
    return words.get(call.request.path.split("/")[2])


async def present(call: AnyCall, device: Device) -> Answer:
    """200 with the current device."""
    [view] = await device_views.views(call.face.configurations, call.account, [device])
    await call.face.registrations.asked(device)
    known = call.face.registrations.of(view.everyone)
    expand = getattr(call.query, "expand", [])
    async with call.read() as conn:
        keys = await _keys(call, conn, device, expand_template="button_template" in expand)
    return Answer(200, shown_device(view, known, expand="users" in expand, keys=keys))


async def _keys(call: AnyCall, conn: Connection, device: Device, *, expand_template: bool) -> ShownKeys:
    """What is shown of a device's buttons; the compatibility only for desk phones, as others have none."""
    template = fit = None
    if expand_template and device.button_template_id:
        template = shown_template(await button_templates.get(conn, device.account_id, device.button_template_id))
    if device.type is DeviceType.DESKPHONE and call.face.catalogue.dialect_of(device):
        keyed = await keyed_device(conn, call.face.configurations, device)
        fit = compatibility_of(keyed, keyed.buttons())
    return ShownKeys(template, fit)


async def create_typed(call: Call[None, models.DeviceCreate], kind: DeviceType, base_id: str | None = None) -> Answer:
    """Create a device of the type named by the path; 201 with all of it."""
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

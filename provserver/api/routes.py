"""The route table: one line per method and path, starting with the scope of the key."""

from functools import partial

from provserver.api.models import accounts as a
from provserver.api.models import buttons as b
from provserver.api.models import check_sync as c
from provserver.api.models import devices as d
from provserver.api.models import files as f
from provserver.api.models import observed as o
from provserver.api.models import users as u
from provserver.api.models.layers import SharedLayer, ShownLayer
from provserver.api.models.shared import Failure, Listing, Nothing, PageQuery
from provserver.api.models.shown_devices import Assignment, CreatedDevice, DectBase, DectHandset, Deskphone, Device
from provserver.api.resources import (
    accounts,
    assignments,
    check_sync,
    device_buttons,
    devices,
    events,
    files,
    handsets,
    health,
    layers,
    operations,
    reports,
    stream,
    users,
    vendors,
)
from provserver.api.resources import button_templates as templates
from provserver.api.route import PublicRoute, Route

_DEVICES = Listing[Device]
_HANDSETS = Listing[DectHandset]
_UNKNOWN = Listing[o.UnknownDevice]
_UPDATE = d.DeviceUpdate
_ROTATION = d.TokenRotation
_BLOCKED = Listing[o.BlockedSource]
_JSON = "application/json"

_TEMPLATE = b.ButtonTemplate
_TEMPLATES = Listing[b.ButtonTemplate]
_ROWS = "/v1/button_templates/{id}/buttons"
_KEYS = "/v1/devices/{id}/buttons"
_OVERRIDES = "/v1/devices/{id}/button_overrides"
_FITTING = "/v1/devices/{id}/compatible_button_templates"
_ODD = (422,)  # a handset about which nothing is known yet
_JOBS = Listing[c.CheckSyncJob]
_SYNC = "/status/check-sync"

platform = partial(Route, scope="platform")
account = partial(Route, scope="account")
either = partial(Route, scope="either")
buttons = partial(Route, tag="Buttons")
syncs = partial(
    Route, "POST", status=200, answer=c.CheckSyncDone, body=c.CheckSyncOrder, refusals={409: c.CheckSyncFailure}
)

# fmt: off
ROUTES: tuple[Route, ...] = (
    platform("POST", "/v1/accounts", accounts.create, "Accounts", 201, a.Account, body=a.AccountCreate),
    platform("GET", "/v1/accounts", accounts.list_all, "Accounts", 200, Listing[a.Account], PageQuery),
    platform("GET", "/v1/accounts/{id}", accounts.get, "Accounts", 200, a.Account),
    platform("POST", "/v1/accounts/{id}", accounts.update, "Accounts", 200, a.Account, body=a.AccountUpdate),
    platform("DELETE", "/v1/accounts/{id}", accounts.delete, "Accounts", 204),

    account("POST", "/v1/users", users.create, "Users", 201, u.User, body=u.UserCreate),
    account("GET", "/v1/users", users.list_all, "Users", 200, Listing[u.User], u.UserQuery),
    account("GET", "/v1/users/{id}", users.get, "Users", 200, u.User),
    account("POST", "/v1/users/{id}", users.update, "Users", 200, u.User, body=u.UserUpdate),
    account("DELETE", "/v1/users/{id}", users.delete, "Users", 204),

    account("POST", "/v1/devices", devices.create, "Devices", 201, CreatedDevice, body=d.DeviceCreate),
    account("GET", "/v1/devices", devices.list_all, "Devices", 200, _DEVICES, d.AnyDeviceQuery),
    account("GET", "/v1/devices/{id}", devices.get, "Devices", 200, Device, d.ExpandQuery),
    account("POST", "/v1/devices/{id}", devices.update, "Devices", 200, Device, body=_UPDATE),
    account("DELETE", "/v1/devices/{id}", devices.delete, "Devices", 204, query=d.DeleteQuery, errors=(409,)),
    account("POST", "/v1/devices/{id}/users", assignments.create, "Devices", 201, Assignment, body=d.Assign),
    account("GET", "/v1/devices/{id}/users", assignments.list_all, "Devices", 200, Listing[Assignment], PageQuery),
    account("DELETE", "/v1/devices/{id}/users/{user_id}", assignments.delete, "Devices", 204),
    account("GET", "/v1/devices/{id}/settings", reports.settings, "Devices", 200, o.Settings),
    account("GET", "/v1/devices/{id}/files", reports.list_files, "Devices", 200, Listing[o.File], PageQuery),
    account("GET", "/v1/devices/{id}/files/{name:.+}", reports.content, "Devices", 200, o.FileContent, errors=(422,)),
    account("GET", "/v1/devices/{id}/events", events.list_of_device, "Devices", 200, Listing[o.Event], o.EventQuery),
    account("POST", "/v1/devices/{id}/arm", devices.arm, "Devices", 200, Device, body=Nothing),
    account("POST", "/v1/devices/{id}/token/rotate", devices.rotate_token, "Devices", 200, Device, body=_ROTATION),
    syncs("/v1/devices/{id}" + _SYNC, check_sync.notify, "Devices"),

    buttons("GET", "/v1/button_templates", templates.list_all, answer=_TEMPLATES, query=b.TemplatesQuery, errors=_ODD),
    buttons("POST", "/v1/button_templates", templates.create, status=201, answer=_TEMPLATE, body=b.TemplateCreate),
    buttons("GET", "/v1/button_templates/{id}", templates.get, answer=_TEMPLATE, query=b.TemplateQuery, errors=_ODD),
    buttons("POST", "/v1/button_templates/{id}", templates.update, answer=_TEMPLATE, body=b.TemplateUpdate),
    buttons("DELETE", "/v1/button_templates/{id}", templates.delete, status=204),
    buttons("GET", _ROWS, templates.list_buttons, answer=Listing[b.Button], query=PageQuery),
    buttons("POST", _ROWS, templates.add_button, status=201, answer=b.Button, body=b.ButtonCreate),
    buttons("POST", _ROWS + "/{bid}", templates.move_button, answer=b.Button, body=b.ButtonUpdate),
    buttons("DELETE", _ROWS + "/{bid}", templates.remove_button, status=204),
    buttons("GET", _KEYS, device_buttons.list_effective, answer=Listing[b.EffectiveButton], errors=_ODD),
    buttons("POST", _KEYS, device_buttons.add_override, status=201, answer=b.Override, body=b.OverrideCreate),
    buttons("GET", _OVERRIDES, device_buttons.list_overrides, answer=Listing[b.Override], query=PageQuery),
    buttons("POST", _OVERRIDES, device_buttons.add_override, status=201, answer=b.Override, body=b.OverrideCreate),
    buttons("DELETE", _OVERRIDES + "/{oid}", device_buttons.remove_override, status=204),
    buttons("GET", _FITTING, device_buttons.list_compatible, answer=_TEMPLATES, query=PageQuery, errors=_ODD),

    account("POST", "/v1/deskphones", devices.create_deskphone, "Desk phones", 201, Deskphone, body=d.DeviceCreate),
    account("GET", "/v1/deskphones", devices.list_deskphones, "Desk phones", 200, Listing[Deskphone], d.DeviceQuery),
    account("GET", "/v1/deskphones/{id}", devices.get, "Desk phones", 200, Deskphone, d.ExpandQuery),
    account("POST", "/v1/deskphones/{id}", devices.update, "Desk phones", 200, Deskphone, body=_UPDATE),
    account("DELETE", "/v1/deskphones/{id}", devices.delete, "Desk phones", 204, query=d.DeleteQuery, errors=(409,)),
    syncs("/v1/deskphones/{id}" + _SYNC, check_sync.notify, "Desk phones"),

    account("POST", "/v1/dect-bases", devices.create_base, "DECT", 201, DectBase, body=d.DeviceCreate),
    account("GET", "/v1/dect-bases", devices.list_bases, "DECT", 200, Listing[DectBase], d.DeviceQuery),
    account("GET", "/v1/dect-bases/{id}", devices.get, "DECT", 200, DectBase, d.ExpandQuery),
    account("POST", "/v1/dect-bases/{id}", devices.update, "DECT", 200, DectBase, body=_UPDATE),
    account("DELETE", "/v1/dect-bases/{id}", devices.delete, "DECT", 204, query=d.DeleteQuery, errors=(409,)),
    syncs("/v1/dect-bases/{id}" + _SYNC, check_sync.notify, "DECT"),
    account("POST", "/v1/dect-bases/{id}/handsets", handsets.create, "DECT", 201, DectHandset, body=d.DeviceCreate),
    account("GET", "/v1/dect-bases/{id}/handsets", handsets.list_all, "DECT", 200, _HANDSETS, d.HandsetQuery),
    account("GET", "/v1/dect-bases/{id}/handsets/{hid}", handsets.get, "DECT", 200, DectHandset, d.ExpandQuery),
    account("POST", "/v1/dect-bases/{id}/handsets/{hid}", handsets.update, "DECT", 200, DectHandset, body=_UPDATE),
    account("DELETE", "/v1/dect-bases/{id}/handsets/{hid}", handsets.delete, "DECT", 204),
    syncs("/v1/dect-bases/{id}/handsets/{hid}" + _SYNC, check_sync.notify_handset, "DECT"),

    account("POST", "/v1/check_sync_jobs", check_sync.create_job, "Jobs", 201, c.CheckSyncJob, body=c.JobCreate),
    account("GET", "/v1/check_sync_jobs", check_sync.list_jobs, "Jobs", 200, _JOBS, PageQuery),
    account("GET", "/v1/check_sync_jobs/{id}", check_sync.get_job, "Jobs", 200, c.CheckSyncJob),
    account("DELETE", "/v1/check_sync_jobs/{id}", check_sync.cancel_job, "Jobs", 204),

    either("GET", "/v1/defaults", layers.defaults, "Settings", 200, ShownLayer),
    platform("GET", "/v1/platform/config", layers.get_platform, "Settings", 200, ShownLayer),
    platform("POST", "/v1/platform/config", layers.update_platform, "Settings", 200, ShownLayer, body=SharedLayer),
    account("GET", "/v1/account/config", layers.get_account, "Settings", 200, ShownLayer),
    account("POST", "/v1/account/config", layers.update_account, "Settings", 200, ShownLayer, body=SharedLayer),
    either("GET", "/v1/settings/schema", layers.schema, "Settings", 200, layers.Schema),
    either("GET", "/v1/vendors", vendors.list_all, "Vendors", 200, Listing[o.VendorSummary], PageQuery),
    either("GET", "/v1/vendors/{vendor}", vendors.get, "Vendors", 200, o.Vendor),

    either("POST", "/v1/files", files.create, "Files", 201, f.UploadedFile, f.UploadQuery, upload=True),
    either("GET", "/v1/files", files.list_all, "Files", 200, Listing[f.UploadedFile], f.FileQuery),
    either("GET", "/v1/files/{id}", files.get, "Files", 200, f.UploadedFile),
    either("DELETE", "/v1/files/{id}", files.delete, "Files", 204),

    either("GET", "/v1/events", stream.follow, "Operations", 200),
    either("GET", "/v1/usage", operations.get_usage, "Operations", 200, a.Usage, a.UsageQuery),
    either("GET", "/v1/audit", operations.list_audit, "Operations", 200, Listing[a.AuditEntry], a.AuditQuery),
    platform("GET", "/v1/unknown_devices", operations.list_unknown, "Operations", 200, _UNKNOWN, PageQuery),
    platform("DELETE", "/v1/unknown_devices/{mac}", operations.forget_unknown, "Operations", 204),
    platform("GET", "/v1/blocked_sources", operations.list_blocked, "Operations", 200, _BLOCKED, PageQuery),
    platform("DELETE", "/v1/blocked_sources/{source:.+}", operations.release_source, "Operations", 204),
    platform("POST", "/v1/api_keys", operations.create_key, "Operations", 201, a.CreatedKey, body=a.KeyCreate),
    platform("GET", "/v1/api_keys", operations.list_keys, "Operations", 200, Listing[a.Key], a.KeyQuery),
    platform("GET", "/v1/api_keys/{id}", operations.get_key, "Operations", 200, a.Key),
    platform("DELETE", "/v1/api_keys/{id}", operations.revoke_key, "Operations", 204),
)

PUBLIC_ROUTES: tuple[PublicRoute, ...] = (
    PublicRoute("/healthz", health.live, "Health", {200: (_JSON, o.Health)}),
    PublicRoute("/readyz", health.ready, "Health", {200: (_JSON, o.Health), 503: (_JSON, Failure)}),
    PublicRoute("/metrics", health.metrics, "Health", {200: ("text/plain", None)}),
)
# fmt: on

"""Refuses values that a vendor's syntax cannot represent at the time they are set."""

from collections.abc import Iterable, Mapping
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Assignment, User
from provserver.domain.errors import CannotCarry
from provserver.domain.lines import line_of
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import flatten
from provserver.rendering.refusals import uncarriable
from provserver.store.database import Connection
from provserver.store.device_lists import vendors_in_use

_FIELDS = {
    "line.username": "sip.username",
    "line.auth_username": "sip.auth_username",
    "line.password": "sip.password",
    "line.domain": "sip.domain",
    "line.server": "sip.domain",
    "line.display_name": "sip.display_name",
    "line.label": "extension",
}


def check_carried(vendor: Vendor, values: Iterable[tuple[str, Any]]) -> None:
    """Raise `CannotCarry` naming all fields whose values this vendor's files cannot represent."""
    refused = uncarriable(vendor, values)
    if refused:
        details = {field: f"{reason} ({vendor.name})" for field, reason in refused.items()}
        raise CannotCarry(f"{vendor.name} files cannot hold the value of {', '.join(refused)}", details=details)


def document_values(document: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    """The values of a device's layer document by their path in a request."""
    settings = flatten(dict(document.get("abstractions") or {}), f"{prefix}abstractions.")
    raw = document.get("vendor_overrides") or {}
    return [*settings.items(), *((f"{prefix}vendor_overrides.{name}", value) for name, value in raw.items())]


def check_user_carried(vendor: Vendor | None, user: User) -> None:
    """Raise `CannotCarry` if this vendor's files cannot represent the user's data. Does nothing for None."""
    if vendor is None:
        return
    line = line_of(_anywhere(user), user, {})
    values = [(_FIELDS[path], value) for path, value in line.values.items() if path in _FIELDS]
    if user.sip_display_name is None:
        values = [("name" if field == "sip.display_name" else field, value) for field, value in values]
    check_carried(vendor, values)


async def check_layer_carried(
    conn: Connection, catalogue: Catalogue, document: Mapping[str, Any], account_id: str | None
) -> None:
    """Check a platform or account layer (`vendor_overrides` by vendor) for the vendors of all devices it applies to.

    Raw parameters are checked for their own vendor, even without devices. `account_id` None: the platform.
    """
    settings = list(flatten(dict(document.get("abstractions") or {}), "abstractions.").items())
    for name in await vendors_in_use(conn, account_id):
        for dialect in catalogue.dialects_of(name):
            check_carried(dialect, settings)
    for name, raw in (document.get("vendor_overrides") or {}).items():
        vendor = catalogue.dialect_named(name)
        if vendor is not None:
            check_carried(vendor, ((f"vendor_overrides.{name}.{parameter}", value) for parameter, value in raw.items()))


def _anywhere(user: User) -> Assignment:
    return Assignment(
        id="",
        account_id=user.account_id,
        device_id="",
        user_id=user.id,
        line_number=1,
        created_at=user.created_at,
    )

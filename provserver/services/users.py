"""Users and their SIP accounts."""

from collections.abc import Mapping
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import User
from provserver.domain.errors import NotFound
from provserver.services import audit
from provserver.services.change import Change
from provserver.services.credentials import new_password, new_username
from provserver.services.dect.multicell import check_username
from provserver.services.dect.slots import dialect_of
from provserver.services.paging import Page, PageRequest
from provserver.services.settings.carrying import check_user_carried
from provserver.store import assignments, devices, users
from provserver.store.database import Connection
from provserver.store.sealing import Sealer


async def create(change: Change, account_id: str, fields: Mapping[str, Any]) -> User:
    """Create a user; `fields` are fields of `User` by name.

    The SIP user name defaults to the extension, else it is generated, as is a missing password. Raises `Conflict` with
    code `sip_username_taken`, `extension_taken` or `chain_id_taken`.
    """
    user = User(
        id=change.sources.new_id("user"),
        account_id=account_id,
        created_at=change.at,
        updated_at=change.at,
        **{**fields, **_made(change, fields, fields.get("extension"))},
    )
    await check_username(change, account_id, user.sip_username)
    await users.insert_user(change.conn, change.sealer, user)
    await audit.record(change, "user.created", user.id, account_id=account_id, after=audit.snapshot(user))
    return user


async def get(conn: Connection, sealer: Sealer, account_id: str, user_id: str) -> User:
    """The user. Raises `NotFound`."""
    user = await users.get_user(conn, sealer, account_id, user_id)
    if user is None:
        raise NotFound("there is no such user")
    return user


async def list_users(
    conn: Connection, sealer: Sealer, account_id: str, request: PageRequest, search: str | None
) -> Page[User]:
    """A page of the account's users, newest first."""
    return await users.list_users(conn, sealer, account_id, request, search=search)


async def update(
    change: Change, catalogue: Catalogue, account_id: str, user_id: str, changes: Mapping[str, Any]
) -> User:
    """Change fields by name; a SIP user name or password set to None is generated.

    Raises `NotFound`, `Conflict` like `create`, or `CannotCarry` if the files of one of the user's devices cannot
    represent it.
    """
    before = await get(change.conn, change.sealer, account_id, user_id)
    if not changes:
        return before
    extension = changes.get("extension", before.extension)
    made = {name: value for name, value in _made(change, changes, extension).items() if name in changes}
    await users.update_user(change.conn, change.sealer, account_id, user_id, at=change.at, **{**changes, **made})
    after = await get(change.conn, change.sealer, account_id, user_id)
    if after.sip_username != before.sip_username:
        await check_username(change, account_id, after.sip_username)
    await _note(change, catalogue, after)
    await audit.record(
        change,
        "user.updated",
        user_id,
        account_id=account_id,
        before=audit.snapshot(before),
        after={**audit.snapshot(after), **({"sip_password": "changed"} if "sip_password" in changes else {})},
    )
    return after


async def delete(change: Change, account_id: str, user_id: str) -> None:
    """Delete a user and remove it from its devices. Raises `NotFound`."""
    before = await get(change.conn, change.sealer, account_id, user_id)
    for device_id in await assignments.devices_of_user(change.conn, user_id):
        device = await devices.get_device(change.conn, change.sealer, account_id, device_id)
        if device is not None:
            await audit.note_device(change, device, "user_removed", user_id=user_id)
    await users.delete_user(change.conn, account_id, user_id, at=change.at)
    await audit.record(change, "user.deleted", user_id, account_id=account_id, before=audit.snapshot(before))


def _made(change: Change, given: Mapping[str, Any], extension: str | None) -> dict[str, str]:
    """The SIP user name and password to generate, because they are missing."""
    made = {}
    if given.get("sip_username") is None:
        made["sip_username"] = extension or new_username(change.sources)
    if given.get("sip_password") is None:
        made["sip_password"] = new_password(change.sources)
    return made


async def _note(change: Change, catalogue: Catalogue, user: User) -> None:
    """Validate the user for every device that has it, and record the change there."""
    for device_id in await assignments.devices_of_user(change.conn, user.id):
        device = await devices.get_device(change.conn, change.sealer, user.account_id, device_id)
        if device is not None:
            check_user_carried(await dialect_of(change.conn, catalogue, device), user)
            await audit.note_device(change, device, "updated", user_id=user.id)

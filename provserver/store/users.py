"""Users and their SIP accounts. SIP passwords are encrypted."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import User
from provserver.store.conflicts import conflicts_named
from provserver.store.pages import Page, PageRequest, Window, fetch_keys, fetch_page
from provserver.store.revisions import bump_devices_of_user
from provserver.store.schema import user_terms, users
from provserver.store.sealing import Sealer
from provserver.store.search import Terms, fetch_found, replace_terms, terms_of
from provserver.store.usage import close_spans

_TERMS = Terms(user_terms, user_terms.c.user_id, user_terms.c.user_id, users.c.id, users.c.id)
_SEALED, _DOMAIN = "sip_password_sealed", "sip_domain"
_PLAIN = [(column.name, column) for column in users.c if column.name not in (_SEALED, _DOMAIN)]
_PASSWORD_COLUMN, _DOMAIN_COLUMN = users.c[_SEALED], users.c[_DOMAIN]


async def insert_user(conn: AsyncConnection, sealer: Sealer, user: User) -> None:
    """Store a new user. Raises `Conflict` with code `sip_username_taken` or `extension_taken`."""
    fields = {name: getattr(user, name) for name, _ in _PLAIN}
    secret = {"sip_password": user.sip_password, _DOMAIN: user.sip_domain}
    with conflicts_named():
        await conn.execute(insert(users).values(_stored(sealer, fields | secret)))
    await _index(conn, user)


async def get_user(conn: AsyncConnection, sealer: Sealer, account_id: str, user_id: str) -> User | None:
    """The user; None if it does not exist or belongs to another account."""
    statement = select(users).where(users.c.id == user_id, users.c.account_id == account_id)
    row = (await conn.execute(statement)).mappings().first()
    return user_of(row, sealer) if row else None


async def list_users(
    conn: AsyncConnection, sealer: Sealer, account_id: str, request: PageRequest, *, search: str | None = None
) -> Page[User]:
    """A page of the account's users, newest first. `search`: word prefixes of names, numbers and ids."""
    statement = select(users).where(users.c.account_id == account_id)
    window = Window.of(request, users.c.id)
    if search:
        walk = partial(fetch_keys, conn, select(users.c.id).where(users.c.account_id == account_id))
        make = partial(user_of, sealer=sealer)
        return await fetch_found(conn, statement, walk, _TERMS, account_id, search, window, make)
    return await fetch_page(conn, statement, window, lambda row: user_of(row, sealer))


async def update_user(
    conn: AsyncConnection, sealer: Sealer, account_id: str, user_id: str, *, at: datetime, **changes: Any
) -> User | None:
    """Change fields of `User` by name and return the updated user; None if it does not exist.

    Increments the revision of every device that has the user. Raises `Conflict` like `insert_user`.
    """
    here = (users.c.id == user_id, users.c.account_id == account_id)
    with conflicts_named():
        await conn.execute(update(users).where(*here).values(_stored(sealer, {**changes, "updated_at": at})))
    user = await get_user(conn, sealer, account_id, user_id)
    if user is not None:
        await bump_devices_of_user(conn, user_id)
        await _index(conn, user)
    return user


async def delete_user(conn: AsyncConnection, account_id: str, user_id: str, *, at: datetime) -> bool:
    """Delete a user and remove it from its devices. False if it does not exist in this account."""
    here = (users.c.id == user_id, users.c.account_id == account_id)
    if (await conn.execute(select(users.c.id).where(*here))).first() is None:
        return False
    await bump_devices_of_user(conn, user_id)
    await close_spans(conn, at=at, user_id=user_id)
    await conn.execute(delete(users).where(*here))
    return True


def user_of(row: RowMapping, sealer: Sealer) -> User:
    """The user in a row that selects the columns of `users`."""
    return User(
        **{name: row[column] for name, column in _PLAIN},
        sip_password=sealer.open(row[_PASSWORD_COLUMN]),
        sip_domain=row[_DOMAIN_COLUMN] or None,
    )


def _stored(sealer: Sealer, values: dict[str, Any]) -> dict[str, Any]:
    """Convert fields of `User` to columns."""
    stored = dict(values)
    if "sip_password" in stored:
        stored[_SEALED] = sealer.seal(stored.pop("sip_password"))
    if _DOMAIN in stored:
        stored[_DOMAIN] = stored[_DOMAIN] or ""
    return stored


async def _index(conn: AsyncConnection, user: User) -> None:
    words = terms_of(user.name, user.email, user.extension, user.sip_username, user.sip_display_name)
    row = {"account_id": user.account_id, "user_id": user.id}
    await replace_terms(conn, _TERMS, [(row, {*words, user.id})])

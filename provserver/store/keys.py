"""API keys. Only their hashes are stored."""

from datetime import datetime

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import ApiKey
from provserver.store.conflicts import conflicts_named
from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.schema import api_keys

_PUBLIC = [column for column in api_keys.c if column is not api_keys.c.hash]


async def insert_key(conn: AsyncConnection, key: ApiKey, key_hash: str) -> None:
    """Store a new key. Raises `Conflict` if the hash exists or the account does not."""
    values = {column.name: getattr(key, column.name) for column in _PUBLIC}
    with conflicts_named():
        await conn.execute(insert(api_keys).values({**values, "hash": key_hash}))


async def find_key_by_hash(conn: AsyncConnection, key_hash: str) -> ApiKey | None:
    """The key with this hash, even if expired or revoked, or None."""
    row = (await conn.execute(select(*_PUBLIC).where(api_keys.c.hash == key_hash))).mappings().first()
    return _key_of(row) if row else None


async def get_key(conn: AsyncConnection, key_id: str) -> ApiKey | None:
    """The key, or None."""
    row = (await conn.execute(select(*_PUBLIC).where(api_keys.c.id == key_id))).mappings().first()
    return _key_of(row) if row else None


async def platform_key_exists(conn: AsyncConnection) -> bool:
    """Whether there is a platform key that is not revoked."""
    statement = select(api_keys.c.id).where(api_keys.c.account_id.is_(None), api_keys.c.revoked_at.is_(None))
    return (await conn.execute(statement.limit(1))).first() is not None


async def list_keys(conn: AsyncConnection, request: PageRequest, *, account_id: str | None = None) -> Page[ApiKey]:
    """A page of the keys of one account, or of all keys (None); newest first, including revoked ones."""
    statement = select(*_PUBLIC)
    if account_id is not None:
        statement = statement.where(api_keys.c.account_id == account_id)
    return await fetch_page(conn, statement, Window.of(request, api_keys.c.id), _key_of)


async def revoke_key(conn: AsyncConnection, key_id: str, *, at: datetime) -> bool:
    """Revoke a key; one already revoked keeps its first date. False if it does not exist."""
    statement = update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
    if (await conn.execute(statement.values(revoked_at=at))).rowcount:
        return True
    return await get_key(conn, key_id) is not None


async def touch_key(conn: AsyncConnection, key_id: str, *, at: datetime) -> None:
    """Record that a key was used at `at`, unless a later use is recorded."""
    never_or_earlier = api_keys.c.last_used_at.is_(None) | (api_keys.c.last_used_at < at)
    await conn.execute(update(api_keys).where(api_keys.c.id == key_id, never_or_earlier).values(last_used_at=at))


def _key_of(row: RowMapping) -> ApiKey:
    return ApiKey(**{column.name: row[column] for column in _PUBLIC})

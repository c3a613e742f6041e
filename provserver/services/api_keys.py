"""API keys: made, found, revoked. Only the SHA-256 of a key is kept, which for random keys needs no salt."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from provserver.domain.device import ApiKey
from provserver.domain.errors import Invalid, NotFound, Unauthenticated
from provserver.services import audit
from provserver.services.accounts import get as get_account
from provserver.services.change import Change
from provserver.services.credentials import new_api_key
from provserver.services.paging import Page, PageRequest
from provserver.store import keys
from provserver.store.database import Connection, Database

_TOUCH_EVERY = timedelta(minutes=5)  # a write per request only to say "just now" would be too dear
NOT_GOOD = "this API key is not (or no longer) good"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; `secret` is shown this once."""

    key: ApiKey
    secret: str = field(repr=False)


def hash_key(secret: str) -> str:
    """What a key is kept and found by."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def create(
    change: Change,
    *,
    name: str,
    account_id: str | None = None,
    read_only: bool = False,
    provisioning_only: bool = False,
    expires_at: datetime | None = None,
) -> NewKey:
    """A new key, of an account or (None) of the platform.

    Raises `NotFound` for an unknown account, `Invalid` for an end that has been.
    """
    if expires_at is not None and expires_at <= change.at:
        raise Invalid("expires_at has been already", details={"expires_at": "has been already"})
    if account_id is not None:
        await get_account(change.conn, account_id)
    secret = new_api_key(change.sources)
    key = ApiKey(
        id=change.sources.new_id("key"),
        name=name,
        account_id=account_id,
        read_only=read_only,
        provisioning_only=provisioning_only,
        hint=secret[-4:],
        created_at=change.at,
        expires_at=expires_at,
    )
    await keys.insert_key(change.conn, key, hash_key(secret))
    await audit.record(change, "api_key.created", key.id, account_id=account_id, after=audit.snapshot(key))
    return NewKey(key, secret)


async def get(conn: Connection, key_id: str) -> ApiKey:
    """The key; raises `NotFound`."""
    key = await keys.get_key(conn, key_id)
    if key is None:
        raise NotFound("there is no such key")
    return key


async def list_keys(conn: Connection, request: PageRequest, account_id: str | None) -> Page[ApiKey]:
    """The keys of an account, or all with None; newest first."""
    return await keys.list_keys(conn, request, account_id=account_id)


async def revoke(change: Change, key_id: str) -> None:
    """End a key; raises `NotFound`."""
    before = await get(change.conn, key_id)
    await keys.revoke_key(change.conn, key_id, at=change.at)
    await audit.record(change, "api_key.revoked", key_id, account_id=before.account_id, before=audit.snapshot(before))


async def authenticate(conn: Connection, digest: str, now: datetime) -> ApiKey:
    """The key with this hash. Raises `Unauthenticated`, in the same words whatever is wrong with it."""
    key = await keys.find_key_by_hash(conn, digest)
    # The look-up is by the hash of what came in, so its timing tells nothing about a key that is stored.
    if key is None or key.revoked_at or (key.expires_at and key.expires_at <= now):
        raise Unauthenticated(NOT_GOOD)
    return key


async def note_use(db: Database, key: ApiKey, now: datetime) -> None:
    """Keep `last_used_at` right to a few minutes."""
    if key.last_used_at is None or now - key.last_used_at > _TOUCH_EVERY:
        await db.add(lambda conn: keys.touch_key(conn, key.id, at=now))


async def has_platform_key(conn: Connection) -> bool:
    """Whether there is a platform key that was not revoked."""
    return await keys.platform_key_exists(conn)

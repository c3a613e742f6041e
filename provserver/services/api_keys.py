"""API keys: creation, authentication, revocation. Only the SHA-256 is stored; random keys need no salt."""

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

# Last_used_at is updated at most this often, because a write per request is too expensive
_TOUCH_EVERY = timedelta(minutes=5)
NOT_GOOD = "this API key is not (or no longer) good"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A newly created key. `secret` is shown only once."""

    key: ApiKey
    secret: str = field(repr=False)


def hash_key(secret: str) -> str:
    """The hash under which a key is stored and looked up."""
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
    """Create a key of an account, or of the platform (None).

    Raises `NotFound` for an unknown account, or `Invalid` if `expires_at` is in the past.
    """
    if expires_at is not None and expires_at <= change.at:
        raise Invalid("expires_at is in the past", details={"expires_at": "is in the past"})
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
    """The key. Raises `NotFound`."""
    key = await keys.get_key(conn, key_id)
    if key is None:
        raise NotFound("there is no such key")
    return key


async def list_keys(conn: Connection, request: PageRequest, account_id: str | None) -> Page[ApiKey]:
    """A page of the keys of an account, or all with None; newest first."""
    return await keys.list_keys(conn, request, account_id=account_id)


async def revoke(change: Change, key_id: str) -> None:
    """Revoke a key. Raises `NotFound`."""
    before = await get(change.conn, key_id)
    await keys.revoke_key(change.conn, key_id, at=change.at)
    await audit.record(change, "api_key.revoked", key_id, account_id=before.account_id, before=audit.snapshot(before))


async def authenticate(conn: Connection, digest: str, now: datetime) -> ApiKey:
    """The key with this hash. Raises `Unauthenticated`, with the same message for every reason."""
    key = await keys.find_key_by_hash(conn, digest)
    # The lookup uses the hash of the input, so its timing reveals nothing about stored keys.
    if key is None or key.revoked_at or (key.expires_at and key.expires_at <= now):
        raise Unauthenticated(NOT_GOOD)
    return key


async def note_use(db: Database, key: ApiKey, now: datetime) -> None:
    """Update `last_used_at`, accurate to a few minutes."""
    if key.last_used_at is None or now - key.last_used_at > _TOUCH_EVERY:
        await db.add(lambda conn: keys.touch_key(conn, key.id, at=now))


async def has_platform_key(conn: Connection) -> bool:
    """Whether there is a platform key that is not revoked."""
    return await keys.platform_key_exists(conn)

"""Authentication of API calls: the key, and the account it acts in."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from provserver.api.face import ApiFace
from provserver.domain.device import Account, ApiKey
from provserver.domain.errors import NotFound, StoreUnavailable, Unauthenticated
from provserver.services import accounts, api_keys
from provserver.services.change import Connection

ACCOUNT_HEADER = "DialStack-Account"
_BOOTSTRAP = ApiKey(id="key_bootstrap", name="bootstrap", hint="", created_at=datetime(1970, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Caller:
    """A valid key, and the account it acts in (None: a platform key without the account header)."""

    key: ApiKey
    account: Account | None

    @property
    def is_platform(self) -> bool:
        """Whether it is a platform key."""
        return self.key.account_id is None


async def authenticate(face: ApiFace, request: web.Request) -> Caller:
    """Authenticate a request.

    Raises `Unauthenticated`, or `NotFound` for an account that is unknown or not this key's.
    """
    secret = _bearer(request)
    wanted = _header(request, ACCOUNT_HEADER)
    now = face.sources.now()
    digest = api_keys.hash_key(secret)
    source = request.remote or "0.0.0.0"  # noqa: S104 - placeholder for an unknown address
    face.guesses.check(source, digest, now)
    async with face.database.read() as conn:
        try:
            key = await _key_of(face, conn, secret, digest, now)
        except Unauthenticated:
            face.guesses.wrong(source, digest, now)
            raise
        face.guesses.good(digest)
        if key.account_id is not None and wanted not in (None, key.account_id):
            raise NotFound("there is no such account")
        account_id = key.account_id or wanted
        account = await accounts.get(conn, account_id) if account_id is not None else None
    if key is not _BOOTSTRAP:
        await _note_use(face, key, now)
    return Caller(key, account)


def _bearer(request: web.Request) -> str:
    scheme, _, secret = (_header(request, "Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated("send an API key: Authorization: Bearer sk_live_…")
    return secret.strip()


def _header(request: web.Request, name: str) -> str | None:
    """A header.

    Invalid UTF-8, which arrives as lone surrogates, is replaced, as it can be neither hashed nor stored.
    """
    value = request.headers.get(name)
    return None if value is None else value.encode("utf-8", "replace").decode()


async def _key_of(face: ApiFace, conn: Connection, secret: str, digest: str, now: datetime) -> ApiKey:
    return _BOOTSTRAP if _is_bootstrap(face, secret) else await api_keys.authenticate(conn, digest, now)


def _is_bootstrap(face: ApiFace, secret: str) -> bool:
    known = face.bootstrap_key
    return known is not None and hmac.compare_digest(secret.encode(), known.encode())


async def _note_use(face: ApiFace, key: ApiKey, now: datetime) -> None:
    try:
        await api_keys.note_use(face.database, key, now)
    except StoreUnavailable:
        # failing to record the last use must not fail the request
        return

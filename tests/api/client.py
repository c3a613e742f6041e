"""An HTTP client that says what it expects."""

import hashlib
import io
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import aiohttp
from multidict import CIMultiDict

from provserver.services.sources import Sources


class Clock:
    """A clock that moves a millisecond per look, and further when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self._drawn = 0

    def turn(self, **span: float) -> None:
        """Move on, by the arguments of `timedelta`."""
        self.now += timedelta(**span)

    def sources(self) -> Sources:
        """Time and repeatable randomness."""
        return Sources(self._tick, self._draw)

    def _tick(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def _draw(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_128(str(self._drawn).encode()).digest(size)


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: CIMultiDict[str]
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Client:
    """A key, and the account it acts in."""

    base: str
    key: str | None
    account: str | None = None
    session: aiohttp.ClientSession = field(default_factory=aiohttp.ClientSession, compare=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    def acting_in(self, account: str | None) -> "Client":
        """The same key in another account."""
        return replace(self, account=account)

    def with_key(self, key: str | None, account: str | None = None) -> "Client":
        """Another key."""
        return replace(self, key=key, account=account)

    async def send(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Reply:
        """Any request; `body` may be bytes, which go out as they are."""
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if self.account is not None:
            sent.setdefault("DialStack-Account", self.account)
        data = body if isinstance(body, bytes | io.BytesIO) else None if body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        async with self.session.request(method, self.base + path, data=data, headers=sent) as response:
            reply = Reply(response.status, CIMultiDict(response.headers), await response.text())
        assert reply.headers.get("X-Request-Id"), f"every answer names its request: {reply}"
        return reply

    async def get(self, path: str, *, expect: int = 200) -> Any:
        """GET; the body as JSON."""
        return await self._checked("GET", path, None, expect)

    async def post(self, path: str, body: Any = None, *, expect: int = 200) -> Any:
        """POST; the body as JSON."""
        return await self._checked("POST", path, body, expect)

    async def delete(self, path: str, *, expect: int = 204) -> Any:
        """DELETE."""
        return await self._checked("DELETE", path, None, expect)

    async def _checked(self, method: str, path: str, body: Any, expect: int) -> Any:
        reply = await self.send(method, path, body)
        assert reply.status == expect, f"{method} {path}: {reply.status} {reply.text}"
        return reply.json if reply.text else None

    async def user(self, name: str = "Ada", **fields: Any) -> dict[str, Any]:
        """A new user."""
        created: dict[str, Any] = await self.post("/v1/users", {"name": name, **fields}, expect=201)
        return created

    async def device(self, **fields: Any) -> str:
        """The id of a new device."""
        created = await self.post("/v1/devices", fields, expect=201)
        return str(created["id"])

    async def phone(self, mac: str = "02:00:01:aa:bb:cc", **fields: Any) -> str:
        """The id of a new desk phone of the vendor Acme."""
        return await self.device(type="deskphone", mac_address=mac, **fields)


@dataclass(frozen=True)
class TwoTenants:
    """Clients with account keys of two accounts."""

    first: Client
    second: Client

    @classmethod
    async def made(cls, platform: Client) -> Self:
        """Make the accounts and their keys."""
        clients = []
        for name in ("First", "Second"):
            account = await platform.post("/v1/accounts", {"name": name}, expect=201)
            key = await platform.post("/v1/api_keys", {"name": name, "account_id": account["id"]}, expect=201)
            clients.append(platform.with_key(key["key"], account["id"]))
        return cls(*clients)

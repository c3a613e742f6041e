"""Creates an account with simulated phones over the API, and deletes it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import ClientError, ClientSession

from provserver.domain.device import DeviceType
from provserver.domain.errors import ProvserverError
from provserver.simulation.fleet import SimulatedPhone

_AT_ONCE = 16

OnProgress = Callable[[int], None]


class Operator:
    """Calls the API at `url` with a platform key."""

    def __init__(self, http: ClientSession, url: str, key: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"}

    async def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Make a call and return the JSON response. Raises `ProvserverError` with the error message."""
        try:
            async with self._http.request(method, self._url + path, json=body, headers=self._headers) as answer:
                told = await answer.json() if answer.status != 204 else {}
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise ProvserverError(f"the API at {self._url} does not answer: {error or type(error).__name__}") from None
        if not isinstance(told, dict):
            raise ProvserverError(f"what answers at {self._url} is no provserver API")
        if answer.status >= 400:
            why = told.get("error", answer.status)
            raise ProvserverError(f"{method} {path} was refused: {why}", code=told.get("code"))
        return told

    async def open_account(self, name: str) -> str:
        """Create an account whose phones have a SIP domain; returns its id. All further calls use this account."""
        account = await self._create("accounts", name=name, timezone="Europe/Berlin")
        self._headers["DialStack-Account"] = account
        await self.call("POST", "/v1/account/config", {"abstractions": {"sip": {"domain": "pbx.example.com"}}})
        return account

    async def close_account(self, account: str) -> None:
        """Delete the account with everything in it."""
        await self.call("DELETE", f"/v1/accounts/{account}")

    async def add_phones(
        self, phones: Iterable[SimulatedPhone], lines: int, on_progress: Callable[[int], None]
    ) -> None:
        """Create devices for `phones`, all with the same `lines` users; a DECT base gets one handset per user."""
        users = [
            await self._create("users", name=f"Simulated {number}", extension=str(100 + number))
            for number in range(1, lines + 1)
        ]
        waiting = iter(enumerate(phones))

        async def add() -> None:
            for number, phone in waiting:
                await self._add_phone(number, phone, users)
                on_progress(1)

        try:
            async with asyncio.TaskGroup() as adders:
                for _ in range(_AT_ONCE):
                    adders.create_task(add())
        except* ProvserverError as refused:
            raise refused.exceptions[0] from None

    async def _add_phone(self, number: int, phone: SimulatedPhone, users: list[str]) -> None:
        device = await self._create("devices", type=phone.type, mac_address=phone.mac, vendor=phone.vendor)
        for line, user in enumerate(users):
            place = device
            if phone.type is DeviceType.DECT_BASE:
                ipei = f"{number * len(users) + line:010X}"
                place = await self._create("devices", type=DeviceType.DECT_HANDSET, base_id=device, ipei=ipei)
            await self.call("POST", f"/v1/devices/{place}/users", {"user_id": user})

    async def _create(self, what: str, **fields: Any) -> str:
        made = await self.call("POST", f"/v1/{what}", fields)
        if "id" not in made:
            raise ProvserverError(f"what answers at {self._url} is no provserver API")
        return str(made["id"])

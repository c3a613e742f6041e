"""Registration state of phones, if the back end can tell: queried in the background and cached for seconds."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from provserver.domain.catalogue import Catalogue
from provserver.domain.checksync import Notifier, Registration
from provserver.domain.device import Device, DeviceType
from provserver.domain.errors import ProvserverError
from provserver.services.checksync.sip_accounts import SipAccounts, read_accounts
from provserver.store.database import Database

_FRESH_SECONDS = 5.0
_KEPT_SECONDS = 60.0  # older states are not shown; those between fresh and this are shown while being refreshed
_WAIT_SECONDS = 1.0
_ASK_SECONDS = 5.0
_MOST_ASKED = 4
_MOST_KEPT = 20_000

_log = structlog.get_logger("checksync")


@dataclass(frozen=True, slots=True)
class RegistrationState:
    """Whether a device is registered; None (unknown) with a `reason`."""

    status: Literal["registered", "not_registered"] | None
    last_registered_at: datetime | None = None
    reason: str | None = None


ASKED = RegistrationState(None, reason="the SIP server has been asked; read again in a few seconds")
UNTOLD = RegistrationState(None, reason="the SIP server does not tell at the moment")
UNPAIRED = RegistrationState(None, reason="the handset is not paired with a base")


class Registrations:
    """Cached registration states. One per process. `silent`: why the back end cannot tell at all."""

    def __init__(self, database: Database, catalogue: Catalogue, notifier: Notifier, silent: str | None = None) -> None:
        self._database = database
        self._catalogue = catalogue
        self._notifier = notifier
        self._silent = RegistrationState(None, reason=silent) if silent else None
        self._known: OrderedDict[str, tuple[float, Mapping[str, RegistrationState]]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(_MOST_ASKED)

    async def asked(self, device: Device) -> None:
        """Refresh the device's state if it is not fresh, waiting at most one second."""
        if self._silent is None and (asked := self._ask(device)):
            await asyncio.wait([asked], timeout=_WAIT_SECONDS)

    def created(self, device: Device) -> dict[str, RegistrationState]:
        """The state of a device just created, which cannot be registered yet."""
        nobody = RegistrationState("not_registered") if _asks_as(device) else UNPAIRED
        return {device.id: self._silent or nobody}

    def of(self, devices: Sequence[Device]) -> dict[str, RegistrationState]:
        """The cached states, without waiting; those not fresh are refreshed in the background."""
        if self._silent is not None:
            return {device.id: self._silent for device in devices}
        return {device.id: self._state(device) for device in devices}

    async def close(self) -> None:
        """Cancel all queries."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    def _state(self, device: Device) -> RegistrationState:
        asks_as = _asks_as(device)
        if asks_as is None:
            return UNPAIRED
        self._ask(device)
        at, states = self._known.get(asks_as, (0.0, {}))
        if not states or asyncio.get_running_loop().time() - at > _KEPT_SECONDS:
            return ASKED
        return states.get(device.id, UNTOLD)

    def _ask(self, device: Device) -> asyncio.Task[None] | None:
        """Start a query, unless the last answer is fresh; then None."""
        asks_as = _asks_as(device)
        if asks_as is None:
            return None
        if asks_as in self._asking:
            return self._asking[asks_as]
        at, states = self._known.get(asks_as, (0.0, {}))
        if states and asyncio.get_running_loop().time() - at < _FRESH_SECONDS:
            return None
        task = asyncio.create_task(self._learn(device.account_id, asks_as))
        self._asking[asks_as] = task
        task.add_done_callback(lambda _: self._asking.pop(asks_as, None))
        return task

    async def _learn(self, account_id: str, device_id: str) -> None:
        try:
            async with self._room:
                async with self._database.read() as conn:
                    accounts = await read_accounts(conn, self._database.sealer, self._catalogue, account_id, device_id)
                targets = [target for target, _ in accounts.targets("", None)]
                async with asyncio.timeout(_ASK_SECONDS):
                    told = await self._notifier.registrations(targets) if targets else {}
            states = _states(accounts, told)
        except (TimeoutError, ProvserverError):
            states = {device_id: UNTOLD}
        except Exception:  # noqa: BLE001 - a bug in a back end must not break a list of devices
            _log.exception("registrations_failed", device=device_id)
            states = {device_id: UNTOLD}
        self._known[device_id] = (asyncio.get_running_loop().time(), states)
        self._known.move_to_end(device_id)
        while len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)


def _asks_as(device: Device) -> str | None:
    return device.base_id if device.type is DeviceType.DECT_HANDSET else device.id


def _states(accounts: SipAccounts, told: Mapping[int, Registration] | None) -> dict[str, RegistrationState]:
    """The state of the device, and for a base of each of its handsets."""
    if told is None:
        return dict.fromkeys((accounts.device.id, *accounts.handset_slots), UNTOLD)
    states = {accounts.device.id: _joined([told[number] for number in sorted(told)])}
    for handset_id, slot in accounts.handset_slots.items():
        own = [line.number for line in accounts.lines if line.slot == slot]
        states[handset_id] = _joined([told[number] for number in own if number in told])
    return states


def _joined(registrations: Sequence[Registration]) -> RegistrationState:
    """A device is registered if one of its lines is."""
    moments = [one.last_registered_at for one in registrations if one.last_registered_at]
    registered = any(one.registered for one in registrations)
    return RegistrationState("registered" if registered else "not_registered", max(moments, default=None))

"""Records to store, with ids and times that count up, so that the order of creation is known."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from provserver.domain.button_types import ButtonType
from provserver.domain.buttons import Button, ButtonTemplate, Override
from provserver.domain.device import Account, ApiKey, Assignment, Device, DeviceType, Event, UnknownDevice, User
from provserver.domain.ids import new_id
from provserver.domain.mac import Mac
from provserver.store.contacts import Contact

START = datetime(2026, 1, 1, tzinfo=UTC)

_numbers = itertools.count(1)
_PREFIXES = {DeviceType.DESKPHONE: "dev", DeviceType.DECT_BASE: "dectb", DeviceType.DECT_HANDSET: "decth"}


def number() -> int:
    """Counts up from 1."""
    return next(_numbers)


def identifier(prefix: str, at: datetime | None = None) -> str:
    """A new id, made `at` that moment or a second after the one before."""
    count = number()
    if at is not None:
        return new_id(prefix, at, (count << 6).to_bytes(10, "big"))
    return new_id(prefix, START + timedelta(seconds=count), count.to_bytes(10, "big"))


def account(**fields: Any) -> Account:
    return Account(**{"id": identifier("acct"), "name": "Acme", "created_at": START, "updated_at": START, **fields})


def user(account_id: str, **fields: Any) -> User:
    values = {
        "id": identifier("user"),
        "account_id": account_id,
        "name": "Jane Doe",
        "sip_username": f"user{number()}",
        "sip_password": "a password",
        "created_at": START,
        "updated_at": START,
    }
    return User(**{**values, **fields})


def device(account_id: str, **fields: Any) -> Device:
    kind = fields.get("type", DeviceType.DESKPHONE)
    values: dict[str, Any] = {
        "id": identifier(_PREFIXES[kind]),
        "account_id": account_id,
        "type": kind,
        "created_at": START,
        "updated_at": START,
    }
    if kind is not DeviceType.DECT_HANDSET:
        values["mac"] = Mac(f"000413{number():06x}")
    return Device(**{**values, **fields})


def template(account_id: str, **fields: Any) -> ButtonTemplate:
    values = {"id": identifier("btpl"), "account_id": account_id, "name": "Office", "created_at": START}
    return ButtonTemplate(**{**values, "updated_at": START, **fields})


def button(of: ButtonTemplate, position: int, **fields: Any) -> Button:
    values: dict[str, Any] = {"id": identifier("btn"), "type": ButtonType.DND, "target": {}, "created_at": START}
    return Button(template_id=of.id, position=position, **{**values, **fields})


def override(of: Device, position: int, **fields: Any) -> Override:
    values = {"id": identifier("dbo"), "type": ButtonType.DND, "created_at": START}
    return Override(device_id=of.id, position=position, **{**values, **fields})


def handset(base: Device, **fields: Any) -> Device:
    return device(base.account_id, **{"type": DeviceType.DECT_HANDSET, "base_id": base.id, **fields})


def assignment(on: Device, who: User, line_number: int = 1, **fields: Any) -> Assignment:
    values = {
        "id": identifier("asg"),
        "account_id": on.account_id,
        "device_id": on.id,
        "user_id": who.id,
        "line_number": line_number,
        "created_at": START,
    }
    return Assignment(**{**values, **fields})


def event(of: Device, **fields: Any) -> Event:
    values = {
        "id": identifier("evt", fields.get("created_at", START)),
        "account_id": of.account_id,
        "device_id": of.id,
        "type": "config_fetch",
        "created_at": START,
    }
    return Event(**{**values, **fields})


def contact(of: Device, at: datetime = START, **fields: Any) -> Contact:
    values = {
        "device_id": of.id,
        "account_id": of.account_id,
        "at": at,
        "source_ip": "192.0.2.1",
        "event": event(of, created_at=at),
    }
    return Contact(**{**values, **fields})


def unknown(**fields: Any) -> UnknownDevice:
    values = {
        "mac": Mac(f"000b82{number():06x}"),
        "source_ip": "192.0.2.9",
        "first_seen_at": START,
        "last_seen_at": START,
        "count": 1,
    }
    return UnknownDevice(**{**values, **fields})


def api_key(**fields: Any) -> ApiKey:
    return ApiKey(**{"id": identifier("key"), "name": "CI", "hint": "sk_live_…abcd", "created_at": START, **fields})


def after(seconds: float) -> datetime:
    """`seconds` after `START`."""
    return START + timedelta(seconds=seconds)

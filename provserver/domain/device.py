"""The records that the rules work on: accounts, users, devices, assignments, events."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from provserver.domain.mac import Mac

MAX_DESKPHONE_LINES = 24  # assignments per desk phone, independent of the model


class DeviceType(StrEnum):
    """The kinds of device; the values are used in the API."""

    DESKPHONE = "deskphone"
    DECT_BASE = "dect_base"
    DECT_HANDSET = "dect_handset"


ID_PREFIXES = {DeviceType.DESKPHONE: "dev", DeviceType.DECT_BASE: "dectb", DeviceType.DECT_HANDSET: "decth"}


class DeviceStatus(StrEnum):
    """Provisioning status. `UNPAIRED`: a handset without a base."""

    PENDING_SYNC = "pending-sync"
    PROVISIONED = "provisioned"
    UNPAIRED = "unpaired"


class MulticellRole(StrEnum):
    """The role of a base in its DECT system."""

    SINGLE = "single"
    DATA_MASTER = "data_master"
    SECONDARY = "secondary"


class ConfigState(StrEnum):
    """Whether what the phone last fetched equals what it would get now."""

    NEVER = "never"
    CURRENT = "current"
    STALE = "stale"


class Origin(StrEnum):
    """How a device's vendor or type is known. `NAMED` is final; `MAC_ADDRESS` may be corrected by the User-Agent."""

    NAMED = "named"
    MAC_ADDRESS = "mac_address"
    USER_AGENT = "user_agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A tenant. `revision` is incremented by every change that can affect a configuration file.

    `accepted_proofs` replaces the platform's list (None: use that list). `default_button_template_id`: bound to new
    desk phones.
    """

    id: str
    name: str
    region: str | None = None
    timezone: str | None = None
    status: str = "active"
    accepted_proofs: tuple[str, ...] | None = None
    default_button_template_id: str | None = None
    revision: int = 0
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or role with a SIP account (AOR). `sip_password` is plain text here and encrypted in the store."""

    id: str
    account_id: str
    name: str
    email: str | None = None
    extension: str | None = None
    sip_username: str
    sip_auth_username: str | None = None
    sip_password: str = field(repr=False)
    sip_domain: str | None = None
    sip_display_name: str | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A desk phone, DECT base or DECT handset.

    - `token`: its secret; `has_two_secrets`: the previous one is valid until the phone has used the new one
    - `accepted_proofs`: narrows the account's list; None: no restriction
    - `vendor_source`, `type_source`: how its vendor and type are known
    - `revision`: incremented by changes to the device, its overrides, its assignments and their users
    - `fetched_stamp`, `fetched_etag`, `fetched_base_url`: stamp (see `domain.freshness`), entity tag and base URL of
      the last fetch of its own file
    - `notified_at`, `notified_event`: time of the last check-sync, and the id of its event
    """

    id: str
    account_id: str
    type: DeviceType
    mac: Mac | None = None
    ipei: str | None = None
    base_id: str | None = None
    slot_number: int | None = None
    multicell_role: MulticellRole | None = None
    data_master_id: str | None = None
    chain_id: str | None = None
    name: str | None = None
    vendor: str | None = None
    vendor_source: Origin = Origin.NAMED
    type_source: Origin = Origin.NAMED
    model: str | None = None
    firmware_version: str | None = None
    status: DeviceStatus = DeviceStatus.PENDING_SYNC
    location: str | None = None
    button_template_id: str | None = None
    revision: int = 0
    token: str | None = field(default=None, repr=False)
    has_two_secrets: bool = False
    accepted_proofs: tuple[str, ...] | None = None
    window_until: datetime | None = None
    window_address: str | None = None
    fetched_stamp: str | None = None
    fetched_etag: str | None = None
    fetched_base_url: str | None = None
    current_ip_address: str | None = None
    last_provisioned_at: datetime | None = None
    last_seen_at: datetime | None = None
    notified_at: datetime | None = None
    notified_event: str | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A user on a line of a device. `line_number` counts from 1 and never changes.

    `account_number`: number of the SIP account in the base's file, if the device is a handset on a base.
    """

    id: str
    account_id: str
    device_id: str
    user_id: str
    line_number: int
    account_number: int | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a device, or in an account (`device_id` None).

    `details` holds the fields specific to its type.
    """

    id: str
    account_id: str
    device_id: str | None
    type: str
    created_at: datetime
    source_ip: str | None = None
    user_agent: str | None = None
    file: str | None = None
    status: int | None = None
    bytes: int | None = None
    proof: str | None = None
    request_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownDevice:
    """A MAC that requested files but has no device."""

    mac: Mac
    vendor: str | None = None
    model: str | None = None
    source_ip: str
    first_seen_at: datetime
    last_seen_at: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key as stored: only its hash. `account_id` is None for a platform key.

    `provisioning_only` restricts it to devices, `read_only` to reading; they are independent.
    """

    id: str
    name: str
    account_id: str | None = None
    read_only: bool = False
    provisioning_only: bool = False
    hint: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

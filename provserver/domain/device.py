"""The records that the rules speak about: accounts, users, devices, assignments, and what a phone left behind."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from provserver.domain.mac import Mac

MAX_DESKPHONE_LINES = 24  # assignments a desk phone takes, whatever its model can show


class DeviceType(StrEnum):
    """The three kinds of device; the value is what the API says."""

    DESKPHONE = "deskphone"
    DECT_BASE = "dect_base"
    DECT_HANDSET = "dect_handset"


ID_PREFIXES = {DeviceType.DESKPHONE: "dev", DeviceType.DECT_BASE: "dectb", DeviceType.DECT_HANDSET: "decth"}


class DeviceStatus(StrEnum):
    """Where a device stands. `UNPAIRED` is a handset without a base."""

    PENDING_SYNC = "pending-sync"
    PROVISIONED = "provisioned"
    UNPAIRED = "unpaired"


class MulticellRole(StrEnum):
    """What a base is in its DECT system."""

    SINGLE = "single"
    DATA_MASTER = "data_master"
    SECONDARY = "secondary"


class ConfigState(StrEnum):
    """Whether what the phone last fetched is what it would get now."""

    NEVER = "never"
    CURRENT = "current"
    STALE = "stale"


class Origin(StrEnum):
    """How it is known what a device is. What somebody has named stays; what the MAC suggests, the phone may correct."""

    NAMED = "named"
    MAC_ADDRESS = "mac_address"
    USER_AGENT = "user_agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A tenant. `revision` grows with every change that can reach a configuration file.

    `accepted_proofs` stands in place of the server's list; None: that list counts. `default_button_template_id`: what
    its new desk phones are bound to.
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
    """A person or role with a SIP account (AOR). `sip_password` is plain here and sealed in the store."""

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
    """A desk phone, DECT base or DECT handset as it is recorded.

    `token` is its secret; `has_two_secrets`: the one before works as well, until the phone has shown the new one.
    `accepted_proofs` narrows what counts for it; None: all that counts for its account. `vendor_source` and
    `type_source`: how it is known of which vendor and type it is.

    `revision` grows with every change of its own, its overrides, its assignments and their users. `fetched_stamp` is
    the stamp (see `domain.freshness`) under which the phone last fetched its own file, `fetched_etag` the entity tag
    of what it got, `fetched_base_url` the address it used. `notified_at` is when its phone was last told to fetch anew,
    `notified_event` the id of the event about that.
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
    """A user on a line of a device. `line_number` counts from 1 and never shifts.

    `account_number` is that of the SIP account in the file of the base, where the device is a handset on one.
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
    """Something that happened to a device, or (`device_id` None) in an account.

    `details` holds what only this type has.
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
    """A MAC that knocked without a record."""

    mac: Mac
    vendor: str | None = None
    model: str | None = None
    source_ip: str
    first_seen_at: datetime
    last_seen_at: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key as it is kept: never the key, only its hash. `account_id` is None for a platform key.

    `provisioning_only` narrows what it reaches to devices, `read_only` what it does there; they are independent.
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

"""Observed and effective data: events, unknown devices, settings reports, files, vendors."""

from datetime import datetime
from typing import Any

from pydantic import Field

from provserver.api.models.shared import Moment, PageQuery, Shown, Word
from provserver.domain.button_types import ButtonType


class EventQuery(PageQuery):
    """Filter for events, from `from` (inclusive) to `to` (exclusive)."""

    type: Word | None = None
    from_: Moment | None = Field(default=None, alias="from", description="ISO 8601 time, or a date")
    to: Moment | None = Field(default=None, description="ISO 8601 time, or a date")


class Event(Shown):
    """Something that happened to a device."""

    id: str
    type: str
    event_type: str
    account_id: str
    device_id: str | None = Field(description="null: concerns the account")
    device: str | None
    created_at: datetime
    source_ip: str | None
    user_agent: str | None
    file: str | None
    status: int | None
    bytes: int | None
    proof: str | None
    request_id: str | None
    details: dict[str, Any]


class UnknownDevice(Shown):
    """A MAC that asked for files but has no device."""

    mac_address: str
    vendor: str | None
    model: str | None
    source_ip: str
    first_seen_at: datetime
    last_seen_at: datetime
    count: int


class BlockedSource(Shown):
    """An IPv4 address or IPv6 /64 that has asked for too many MACs without authenticating."""

    source: str
    last_address: str = Field(description="Last address seen")
    since: datetime
    until: datetime = Field(description="Earliest end, without further requests")
    refused: int = Field(description="Number of refused requests")


class Shadow(Shown):
    """A value overridden by a stronger layer."""

    layer: str
    value: Any


class Parameter(Shown):
    """A parameter of the vendor's file."""

    name: str
    value: str


class Setting(Shown):
    """An effective setting, the layer it comes from, and how it is written."""

    path: str
    value: Any
    layer: str
    shadows: list[Shadow]
    supported: bool
    reason: str | None = Field(description="Why it is not fully supported")
    note: str | None = Field(description="Additional information, such as a time zone given as a fixed offset")
    until: datetime | None = Field(description="When the phone's value will change, if known")
    parameters: list[Parameter]


class SettingsLine(Shown):
    """A line and its parameters."""

    line_number: int
    user_id: str
    user: str
    account_number: int | None = Field(description="Number of the SIP account in a DECT base's file")
    parameters: list[Parameter]
    problem: str | None = Field(description="Why the phone cannot register it, and what to do; null if it can")


class SettingsButton(Shown):
    """A button and the parameters of its key."""

    position: int
    type: str
    label: str
    source: str
    supported: bool
    reason: str | None = Field(description="Why it is not on the phone")
    parameters: list[Parameter]


class Settings(Shown):
    """Everything effective on a device; secrets are masked."""

    device_id: str
    device: str
    vendor: str
    model: str | None
    accepted_proofs: list[str] = Field(description="Accepted proofs, strongest first")
    given_proof: str | None = Field(description="The one that its file provides: token, digest or basic")
    settings: list[Setting]
    vendor_overrides: list[Setting]
    lines: list[SettingsLine]
    not_rendered: list[int] = Field(description="Numbers of the lines beyond the model's limit")
    buttons: list[SettingsButton] = Field(description="Programmable keys by position, including line keys")


class File(Shown):
    """A file that the phone requests."""

    name: str
    rule: str
    scope: str
    provisions: bool
    content_type: str
    served: bool = Field(description="Whether it is provided; else 404 by design")
    meaning: str
    pairing: str | None = Field(description="How to pair handsets with a base that does not identify them by IPEI")


class FileContent(Shown):
    """The content of a file; secrets are masked."""

    name: str
    content_type: str
    content: str


class Model(Shown):
    """A model. A count of null is unknown."""

    name: str
    type: str
    lines: int | None
    keys: int | None
    max_position: int | None = Field(description="Highest button position, including modules")
    softkeys: int | None
    handsets: int | None = Field(description="Maximum number of handsets of a DECT base or system")
    cells: int | None = Field(description="Maximum number of bases in a multicell system")
    lines_per_handset: int | None
    not_rendered: str | None = Field(description="Why this model is recognised but gets no files")
    dialect: str = Field(description="The vendor file that says how it is configured")
    capabilities: list[str]
    also: list[str]


class VendorSetting(Shown):
    """How a setting is written for the devices of one of the vendor's files."""

    dialect: str
    path: str
    supported: bool
    some_models: bool
    reason: str | None
    parameters: list[str]


class VendorButton(Shown):
    """How a button type is written for the devices of one of the vendor's files."""

    dialect: str
    type: ButtonType
    supported: bool
    some_models: bool
    reason: str | None = Field(description="Why some or all models do not support it")


class VendorSummary(Shown):
    """A vendor."""

    vendor: str
    name: str
    aliases: list[str]
    evidence: str
    mac_prefixes: list[str]
    models: list[str]


class Vendor(Shown):
    """A vendor with everything in the catalogue."""

    vendor: str
    name: str
    aliases: list[str]
    evidence: str
    mac_prefixes: list[str]
    proofs: list[str]
    models: list[Model]
    settings: list[VendorSetting]
    buttons: list[VendorButton]


class Health(Shown):
    """The result of a health check."""

    status: str

"""Response models of devices. Fields with two names are shown under both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from provserver.api.models.buttons import ButtonTemplate, Compatibility
from provserver.api.models.layers import ShownLayer
from provserver.api.models.shared import Shown
from provserver.domain.device import ConfigState, DeviceStatus, DeviceType, MulticellRole, Origin
from provserver.services.checksync.registrations import RegistrationState
from provserver.services.devices.assignments import Line as LineRecord
from provserver.services.devices.device_views import DeviceView


def _expanded(description: str) -> Any:
    return Field(default=None, description=description, exclude_if=lambda value: value is None)


class UserSummary(Shown):
    """A user, as shown on a device."""

    id: str
    name: str
    email: str | None
    extension: str | None


class Assignment(Shown):
    """A user on a line of a device."""

    user_id: str
    user: str | UserSummary = Field(description="The user's id, or with `expand[]=users` the user")
    device_id: str
    device: str
    line_number: int
    created_at: datetime


class Line(Assignment):
    """A line of a desk phone."""

    id: str
    user: str
    not_rendered: bool = Field(description="Whether it is beyond the model's limit")


class _Device(Shown):
    """The fields of all devices."""

    id: str
    type: DeviceType
    name: str | None
    vendor: str | None
    model: str | None
    firmware_version: str | None
    status: DeviceStatus
    overrides: ShownLayer
    config_state: ConfigState = Field(description="Whether the phone has its current configuration")
    registration_status: Literal["registered", "not_registered"] | None
    registration_reason: str | None = Field(description="Why `registration_status` is null")
    last_registered_at: datetime | None
    last_call_at: datetime | None
    location: str | None
    location_id: str | None
    button_template: str | ButtonTemplate | None = Field(
        description="Id of its button template, or with `expand[]=button_template` the template"
    )
    button_template_id: str | None
    current_ip_address: str | None
    last_provisioned_at: datetime | None
    last_seen_at: datetime | None
    created_at: datetime
    updated_at: datetime


class _FetchingDevice(_Device):
    """The fields of devices that fetch files themselves."""

    mac_address: str
    vendor_source: Origin = Field(
        description="How the vendor is known. `named` stays; what was guessed from the MAC address gives way to what "
        "the phone calls itself, where phones of several vendors have addresses of its block"
    )
    type_source: Origin = Field(description="The same of the type; what hangs on a device names its type as well")


class Deskphone(_FetchingDevice):
    """A desk phone."""

    type: Literal[DeviceType.DESKPHONE]
    lines: list[Line]
    not_rendered: list[int] = Field(description="Numbers of the lines beyond the model's limit")
    primary_line: str | None
    primary_line_id: str | None
    provisioning_window_until: datetime | None = Field(description="Until when it is armed; null: not armed")
    accepted_proofs: list[str] | None = Field(description="Restricts the proofs of its account; null: no restriction")
    token_rotation_pending: bool = Field(description="Whether its phone has not used its new token yet")
    assignments: list[Assignment] | None = _expanded("Only with `expand[]=users`")
    compatibility: Compatibility | None = _expanded("How well its buttons fit it; only where one device is read")


class DectHandset(_Device):
    """A DECT handset."""

    type: Literal[DeviceType.DECT_HANDSET]
    base: str | None
    base_id: str | None
    ipei: str
    display_name: str | None
    slot_number: int | None
    assignments: list[Assignment] | None = _expanded("Only with `expand[]=users`")


class DectBase(_FetchingDevice):
    """A DECT base."""

    type: Literal[DeviceType.DECT_BASE]
    multicell_role: MulticellRole
    data_master_id: str | None
    chain_id: str | None = Field(description="Number shared by all bases of its multicell system; null: none")
    max_handsets: int | None = Field(description="null: unknown")
    handsets: list[DectHandset]
    provisioning_window_until: datetime | None = Field(description="Until when it is armed; null: not armed")
    accepted_proofs: list[str] | None = Field(description="Restricts the proofs of its account; null: no restriction")
    token_rotation_pending: bool = Field(description="Whether its phone has not used its new token yet")
    assignments: list[Assignment] | None = _expanded("Always empty: users are on handsets")


Device = Annotated[Deskphone | DectBase | DectHandset, Field(discriminator="type")]


class CreatedDevice(Shown):
    """A device that was just created."""

    id: str
    type: DeviceType


@dataclass(frozen=True, slots=True)
class ShownKeys:
    """What is shown of a device's buttons, besides the id of its template."""

    template: ButtonTemplate | None = None
    compatibility: Compatibility | None = None


def shown_assignment(line: LineRecord, *, expand: bool) -> Assignment:
    """An assignment; with `expand`, including the user."""
    assignment, user = line
    return Assignment(
        user_id=user.id,
        user=UserSummary.of(user) if expand else user.id,
        device_id=assignment.device_id,
        device=assignment.device_id,
        line_number=assignment.line_number,
        created_at=assignment.created_at,
    )


def shown_device(
    view: DeviceView, known: Mapping[str, RegistrationState], *, expand: bool, keys: ShownKeys | None = None
) -> Deskphone | DectBase | DectHandset:
    """A device of any type. `known`: registration states by device. `expand`: include `assignments`. `keys`.

    Its buttons.
    """
    device = view.device
    registration = known[device.id]
    common: dict[str, Any] = {
        "location_id": device.location,
        "button_template": keys.template if keys and keys.template else device.button_template_id,
        "overrides": ShownLayer(**view.overrides),
        "config_state": view.config_state,
        "registration_status": registration.status,
        "registration_reason": registration.reason,
        "last_registered_at": registration.last_registered_at,
        "last_call_at": None,
    }
    if expand:
        common["assignments"] = [shown_assignment(line, expand=True) for line in view.lines]
    match device.type:
        case DeviceType.DESKPHONE:
            fit = keys.compatibility if keys else None
            return Deskphone.of(device, **common, **_deskphone(view), compatibility=fit)
        case DeviceType.DECT_BASE:
            return DectBase.of(
                device,
                **common,
                mac_address=str(device.mac),
                chain_id=view.chain_id,
                max_handsets=view.max_handsets,
                handsets=[shown_device(handset, known, expand=expand) for handset in view.handsets],
                provisioning_window_until=device.window_until,
                token_rotation_pending=device.has_two_secrets,
            )
        case DeviceType.DECT_HANDSET:
            return DectHandset.of(device, **common, base=device.base_id, display_name=device.name)


def _deskphone(view: DeviceView) -> dict[str, Any]:
    lines = [
        Line(
            id=assignment.id,
            user_id=user.id,
            user=user.id,
            device_id=view.device.id,
            device=view.device.id,
            line_number=assignment.line_number,
            created_at=assignment.created_at,
            not_rendered=assignment.line_number in view.not_rendered,
        )
        for assignment, user in view.lines
    ]
    primary = lines[0].id if lines else None
    return {
        "mac_address": str(view.device.mac),
        "lines": lines,
        "not_rendered": view.not_rendered,
        "primary_line": primary,
        "primary_line_id": primary,
        "provisioning_window_until": view.device.window_until,
        "token_rotation_pending": view.device.has_two_secrets,
    }

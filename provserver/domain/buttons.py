"""Programmable keys of a device: merges template and overrides, and resolves what each button shows and dials. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Self

from provserver.domain.button_types import DEFAULT_LABELS, SELF, ButtonType
from provserver.domain.key_codes import KeyLayout
from provserver.domain.lines import Line
from provserver.domain.occupants import Subscriber

_LINES = 1_024  # cached implicit buttons; phones have a few dozen lines


class Source(StrEnum):
    """Where an effective button comes from. `MODEL_DEFAULT`: the line key of a line that has no explicit button."""

    TEMPLATE = "template"
    OVERRIDE = "override"
    TEMPLATE_OVERRIDDEN = "template_overridden"
    MODEL_DEFAULT = "model_default"


class Reason(StrEnum):
    """Why a button cannot be on a device."""

    VENDOR_DOES_NOT_SUPPORT_TYPE = "vendor_does_not_support_type"
    POSITION_OUT_OF_RANGE = "position_out_of_range_for_model"
    NO_OWNING_USER = "device_has_no_owning_user"
    NOT_EXPRESSIBLE = "not_expressible"


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonTemplate:
    """A named set of buttons that devices can be bound to."""

    id: str
    account_id: str
    name: str
    description: str | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The parts of a user that buttons need; without the password, so that nothing has to be decrypted."""

    id: str
    name: str
    extension: str | None = None
    sip_username: str
    sip_domain: str | None = None

    @classmethod
    def of(cls, user: Subscriber) -> Self:
        """Take these parts from `user`."""
        return cls(
            id=user.id,
            name=user.name,
            extension=user.extension,
            sip_username=user.sip_username,
            sip_domain=user.sip_domain,
        )

    @property
    def dialled(self) -> str:
        """The number others dial: the extension, else the SIP user name."""
        return self.extension or self.sip_username


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button of a template. Without a label it is named after its target, so it follows a renamed user."""

    id: str
    template_id: str
    position: int
    type: ButtonType
    target: Mapping[str, Any]
    label: str | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A device's replacement for the template's button at a position; if `suppressed`, there is no button."""

    id: str
    device_id: str
    position: int
    suppressed: bool = False
    type: ButtonType | None = None
    target: Mapping[str, Any] = field(default_factory=dict)
    label: str | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveButton:
    """A button after merging, with the ids of the template button and override it comes from."""

    position: int
    type: ButtonType
    target: Mapping[str, Any]
    source: Source
    label: str | None = None
    template_button: str | None = None
    override: str | None = None


@dataclass(frozen=True, slots=True)
class ButtonRows:
    """The stored buttons of one device, and the users they refer to, by id."""

    template: Sequence[Button] = ()
    overrides: Sequence[Override] = ()
    people: Mapping[str, Person] = field(default_factory=dict)


def effective_buttons(
    template: Iterable[Button], overrides: Iterable[Override], lines: Iterable[Line], layout: KeyLayout
) -> list[EffectiveButton]:
    """The buttons of a device, by position.

    Each line gets the key with its number, if the phone has such a key, unless that position is taken or suppressed or
    a button for this line exists elsewhere.
    """
    placed = {button.position: _of_template(button) for button in template}
    suppressed = set()
    for override in overrides:
        under = placed.pop(override.position, None)
        if override.suppressed or override.type is None:
            suppressed.add(override.position)
        else:
            placed[override.position] = _of_override(override, override.type, under)
    numbers = [line.number for line in lines]
    told = {_line_number(button, numbers) for button in placed.values() if button.type is ButtonType.LINE}
    for number in numbers:
        free = number not in suppressed and number not in placed and number not in told
        if free and layout.rows and (layout.own is None or number <= layout.own):
            placed[number] = _of_line(number)
    return [placed[position] for position in sorted(placed)]


@lru_cache(maxsize=_LINES)
def _of_line(number: int) -> EffectiveButton:
    """The implicit button of a line."""
    target = {"line_index": number}
    return EffectiveButton(position=number, type=ButtonType.LINE, target=target, source=Source.MODEL_DEFAULT)


def _of_template(button: Button) -> EffectiveButton:
    return EffectiveButton(
        position=button.position,
        type=button.type,
        target=button.target,
        source=Source.TEMPLATE,
        label=button.label,
        template_button=button.id,
    )


def _of_override(override: Override, kind: ButtonType, under: EffectiveButton | None) -> EffectiveButton:
    return EffectiveButton(
        position=override.position,
        type=kind,
        target=override.target,
        source=Source.TEMPLATE_OVERRIDDEN if under else Source.OVERRIDE,
        label=override.label,
        template_button=under.template_button if under else None,
        override=override.id,
    )


def _line_number(button: EffectiveButton, numbers: Collection[int]) -> int | None:
    return button.target.get("line_index") or min(numbers, default=None)


@dataclass(frozen=True, slots=True)
class Told:
    """The values of a button that a vendor file may use: label, line, and texts from its target.

    `missing`: the reason, if the target does not exist on this device.
    """

    label: str
    line: Line | None
    texts: Mapping[str, str]
    missing: tuple[Reason, str] | None = None


@dataclass(frozen=True)
class Surroundings:
    """The context of a device's buttons: its lines, users by id, and effective settings."""

    lines: Sequence[Line]
    people: Mapping[str, Person]
    settings: Mapping[str, Any]

    @cached_property
    def _by_number(self) -> dict[int, Line]:
        return {line.number: line for line in reversed(self.lines)}

    @cached_property
    def first(self) -> Line | None:
        """The line with the lowest number; its user owns the device."""
        return min(self.lines, key=lambda line: line.number, default=None)

    def told(self, button: EffectiveButton) -> Told:
        """Resolve `button` on this device."""
        if button.type is ButtonType.LINE:
            return self._line(button)
        if "user" in button.target:
            return self._of_user(button, str(button.target["user"]))
        usual = DEFAULT_LABELS.get(button.type) or next(map(str, button.target.values()), button.type)
        return Told(button.label or usual, self.first, dict(self._texts(button, None)))

    def _line(self, button: EffectiveButton) -> Told:
        number = _line_number(button, self._by_number)
        line = self._by_number.get(number or 0)
        if line is None:
            reason = f"line {number} has no user" if number else "no user is assigned to the device"
            return Told(button.label or f"Line {number or 1}", None, {}, (Reason.NO_OWNING_USER, reason))
        return Told(button.label or line.label, line, {"number": line.username})

    def _of_user(self, button: EffectiveButton, user_id: str) -> Told:
        owner = self.first.user_id if self.first else None
        person = self.people.get(owner or "" if user_id == SELF else user_id)
        if person is not None:
            return Told(button.label or person.name, self.first, dict(self._texts(button, person)))
        if user_id == SELF:
            missing = (Reason.NO_OWNING_USER, "no user is assigned to the device")
        else:
            missing = (Reason.NOT_EXPRESSIBLE, f"there is no user {user_id} any more")
        return Told(button.label or button.type, self.first, {}, missing)

    def _texts(self, button: EffectiveButton, person: Person | None) -> Iterator[tuple[str, str]]:
        number = self._number(button, person)
        if number:
            yield "number", number
        for name in ("queue", "digits", "url", "address", "port", "mode"):
            if name in button.target:
                yield name, str(button.target[name])
        if person is not None:
            yield "extension", person.dialled
            yield "name", person.name
            domain = person.sip_domain or (self.first.values.get("line.domain") if self.first else None)
            domain = domain or self.settings.get("sip.domain") or self.settings.get("sip.server")
            if domain:
                yield "target_domain", domain

    def _number(self, button: EffectiveButton, person: Person | None) -> str | None:
        """The number dialled or monitored, according to this SIP service's numbering."""
        target, extension = button.target, person.dialled if person else None
        match button.type:
            case ButtonType.SPEED_DIAL | ButtonType.FORWARD:
                return target.get("destination")
            case ButtonType.BLF_EXTENSION:
                return person.sip_username if person else None
            case ButtonType.INTERCOM:
                return self._made("intercom_number", "{extension}", extension=extension)
            case ButtonType.BLF_QUEUE_AGENT:
                return self._made("queue_agent_number", "{queue}*{extension}", extension=extension, **target)
            case ButtonType.RECORD_TOGGLE:
                return self.settings.get("buttons.record_number")
            case ButtonType.VOICEMAIL if target.get("user", SELF) != SELF:
                return self._made("user_voicemail_number", None, extension=extension)
            case ButtonType.VOICEMAIL:
                return self.settings.get("voicemail.number")
            case ButtonType.PARK if "slot" not in target:
                return self.settings.get("buttons.park_anywhere_number")
            case _:
                return self._of_place(target)

    def _of_place(self, target: Mapping[str, Any]) -> str | None:
        """The number of a park slot, a queue or a mailbox."""
        if "slot" in target:
            return self._made("park_number", "{slot}", slot=target["slot"])
        if "queue" in target:
            return self._made("queue_number", "{queue}", queue=target["queue"])
        if "shared_voicemail_box" in target:
            return self._made("shared_voicemail_number", "{box}", box=target["shared_voicemail_box"])
        return None

    def _made(self, setting: str, usual: str | None, **places: Any) -> str | None:
        """Build a number from the pattern in a setting, or from `usual`."""
        number: str | None = self.settings.get(f"buttons.{setting}", usual)
        for place, value in places.items():
            number = number.replace(f"{{{place}}}", str(value)) if number else None
        return number

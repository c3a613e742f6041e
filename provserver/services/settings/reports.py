"""Reports of the effective configuration and its origin, without secrets, for API and CLI. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from provserver.domain.errors import NotFound
from provserver.domain.layers import Effective
from provserver.domain.vocabulary import SECRETS
from provserver.rendering.buttons import PlacedButton, setting_of
from provserver.rendering.clocks import Told
from provserver.rendering.outcomes import Outcome
from provserver.rendering.parameters import Parameter, is_secret
from provserver.rendering.renderer import Document, Renderer
from provserver.services.fetching.files import files_of
from provserver.services.settings.effective import EffectiveDevice, masked, render
from provserver.services.settings.masking import MASK
from provserver.services.settings.zone_changes import TIMEZONE, exception, told_of


@dataclass(frozen=True, slots=True)
class SettingReport:
    """An effective setting (or raw parameter) and its outcome. `shadows`: overridden (layer, value), nearest first.

    `note`: additional information. `until`: when the value given to the phone will change, if known.
    """

    path: str
    value: Any
    layer: str
    shadows: list[tuple[str, Any]]
    supported: bool
    reason: str | None
    parameters: list[tuple[str, str]]
    note: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineReport:
    """A line and its parameters; without parameters it is beyond the model's limit.

    `account_number`: number of the SIP account in a base's file. `problem`: why the phone cannot register it.
    """

    line_number: int
    user_id: str
    parameters: list[tuple[str, str]]
    problem: str | None
    account_number: int | None = None


@dataclass(frozen=True, slots=True)
class ButtonReport:
    """A button and the parameters of its key. `reason`: why it is not on the phone, as text."""

    position: int
    type: str
    label: str
    source: str
    supported: bool
    reason: str | None
    parameters: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Everything effective on a device."""

    settings: list[SettingReport]
    vendor_overrides: list[SettingReport]
    lines: list[LineReport]
    not_rendered: list[int]
    buttons: list[ButtonReport] = field(default_factory=list)


def report(effective: EffectiveDevice) -> DeviceReport:
    """The effective configuration with the origin of each value; secrets masked."""
    translation, resolved, vendor = effective.translation, effective.resolved, effective.vendor
    own: dict[int, list[tuple[str, str]]] = {}
    for parameter in translation.parameters:
        if parameter.line is not None:
            own.setdefault(parameter.line, []).append(shown_parameter(parameter))
    return DeviceReport(
        settings=[
            _with_exception(setting_report(path, value, translation.outcomes[path], secret=path in SECRETS), effective)
            for path, value in sorted(resolved.settings.items())
        ],
        vendor_overrides=[
            raw_report(name, value, secret=is_secret(name, vendor))
            for name, value in sorted(resolved.vendor_overrides.items())
        ],
        lines=[
            LineReport(
                line_number=line.number,
                user_id=line.user_id,
                parameters=own.get(line.number, []),
                problem=line.problem,
                account_number=line.number if line.slot else None,
            )
            for line in effective.lines
        ],
        not_rendered=list(translation.lines_not_rendered),
        buttons=[button_report(button, translation.parameters) for button in translation.buttons],
    )


def button_report(placed: PlacedButton, parameters: Iterable[Parameter]) -> ButtonReport:
    """A button, with the parameters of its key in the file."""
    button = placed.button
    own = [item for item in parameters if item.setting == setting_of(button)]
    raw = [item for item in own if item.layer not in ("vendor", button.source)]
    reasons = [f"{item.identity} is set by vendor_overrides of {item.layer}" for item in raw]
    reason = placed.message or "; ".join(reasons) or None
    told = (button.position, button.type, placed.label, button.source)
    return ButtonReport(*told, reason is None, reason, [shown_parameter(item) for item in own])


def masked_file(renderer: Renderer, effective: EffectiveDevice, name: str) -> Document:
    """The content of one of the device's files, rendered from masked values.

    Raises `NotFound` if the phone does not request such a file or does not get one.
    """
    rule = next((file.rule for file in files_of(effective) if file.name == name and file.served), None)
    if rule is None:
        raise NotFound("this phone requests no such file, or the answer is 404")
    return render(renderer, masked(effective), rule)


def setting_report(path: str, value: Effective, outcome: Outcome, *, secret: bool) -> SettingReport:
    """The report of a setting and its outcome."""
    return SettingReport(
        path=path,
        value=MASK if secret else value.value,
        layer=value.layer,
        shadows=_shadows(value, secret=secret),
        supported=outcome.supported,
        reason="; ".join(outcome.reasons) or None,
        parameters=[shown_parameter(parameter) for parameter in _unique(outcome.parameters)],
    )


def _with_exception(found: SettingReport, effective: EffectiveDevice) -> SettingReport:
    """Add a note to a time zone whose rules are currently not the yearly ones."""
    if found.path != TIMEZONE:
        return found
    told = zone_exception(effective)
    return replace(found, note=told_of(told), until=told.ends) if told else found


def zone_exception(effective: EffectiveDevice) -> Told | None:
    """The rules given to the phone temporarily instead of its zone's yearly ones; None if there are none."""
    zone, outcome = effective.resolved.value(TIMEZONE), effective.translation.outcomes.get(TIMEZONE)
    return exception(effective.vendor, zone, outcome, effective.at) if outcome else None


def raw_report(name: str, value: Effective, *, secret: bool) -> SettingReport:
    """The report of a raw parameter."""
    shown = MASK if secret else value.value
    spelled = MASK if secret else str(value.value)
    return SettingReport(name, shown, value.layer, _shadows(value, secret=secret), True, None, [(name, spelled)])  # noqa: FBT003


def _shadows(value: Effective, *, secret: bool) -> list[tuple[str, Any]]:
    return [(layer, MASK if secret else shadowed) for layer, shadowed in value.shadows]


def _unique(parameters: Iterable[Parameter]) -> list[Parameter]:
    return list({parameter.identity: parameter for parameter in parameters}.values())


def shown_parameter(parameter: Parameter) -> tuple[str, str]:
    """Name and value; a secret is masked."""
    return parameter.identity, MASK if parameter.secret else parameter.value

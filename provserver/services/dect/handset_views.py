"""The effective configuration of a handset, and its part of the base's file."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from provserver.domain.device import Device
from provserver.domain.errors import NotFound
from provserver.domain.layers import Layer, Resolved, resolve
from provserver.domain.vocabulary import SECRETS
from provserver.rendering.outcomes import Outcome
from provserver.rendering.parameters import is_secret
from provserver.rendering.placeholders import is_of_handsets
from provserver.services.settings.effective import Configurations, EffectiveDevice, Ingredients, layers_of, off_loop
from provserver.services.settings.reports import DeviceReport, LineReport, raw_report, setting_report, shown_parameter

_FOR_ALL = "is one for the whole base"


@dataclass(frozen=True, slots=True)
class EffectiveHandset:
    """A handset with its base's effective configuration, and the settings effective for the handset.

    `own`: paths of the settings that its own layer sets.
    """

    device: Device
    base: EffectiveDevice
    resolved: Resolved
    own: Set[str]


async def effective_handset(configurations: Configurations, handset: Device) -> EffectiveHandset:
    """The effective handset. Raises `NotFound` with code `handset_unpaired` if it has no base."""
    if handset.base_id is None:
        raise NotFound("a handset is configured by its base, and this one has none", code="handset_unpaired")
    found = await configurations.ingredients(handset.account_id, handset.base_id)
    return await off_loop(found.device, lambda: _composed(handset, found))


def _composed(handset: Device, found: Ingredients) -> EffectiveHandset:
    documents = (placed.document for placed in found.parts.handsets if placed.device.id == handset.id)
    document: dict[str, Any] = dict(next(documents, {}))
    own = Layer("device", document.get("abstractions") or {}, document.get("vendor_overrides") or {})
    layers = layers_of(found.account, found.documents, found.vendor.dialect, found.access, own_name="base")
    return EffectiveHandset(handset, found.composed(), resolve([*layers, own]), resolve([own]).settings.keys())


def handset_report(handset: EffectiveHandset) -> DeviceReport:
    """The effective settings of the handset and where they come from; secrets masked. Pure."""
    base, slot = handset.base, handset.device.slot_number
    lines = [line for line in base.lines if line.slot == slot]
    numbers = {line.number for line in lines}
    parameters = [item for item in base.translation.parameters if item.line in numbers]
    return DeviceReport(
        settings=[
            setting_report(path, value, _outcome(handset, path), secret=path in SECRETS)
            for path, value in sorted(handset.resolved.settings.items())
        ],
        vendor_overrides=[
            raw_report(name, value, secret=is_secret(name, base.vendor))
            for name, value in sorted(handset.resolved.vendor_overrides.items())
        ],
        lines=[
            LineReport(
                line_number=line.values["line.handset_line"],
                user_id=line.user_id,
                parameters=[shown_parameter(item) for item in parameters if item.line == line.number],
                problem=line.problem,
                account_number=line.number,
            )
            for line in lines
        ],
        not_rendered=[
            line.values["line.handset_line"] for line in lines if line.number in base.translation.lines_not_rendered
        ],
    )


def _outcome(handset: EffectiveHandset, path: str) -> Outcome:
    """The outcome of a setting for this handset: of repeated parameters, only its own."""
    base, slot = handset.base, handset.device.slot_number
    whole = base.translation.outcomes.get(path, Outcome())
    shown = Outcome(
        [item for item in whole.parameters if item.slot in (None, slot)], list(whole.reasons), whole.carried_by
    )
    role = base.device.multicell_role
    if path in handset.own and not whole.reasons and not is_of_handsets(base.vendor, base.device.model, role, path):
        shown.reasons.append(_FOR_ALL)
    return shown

"""Conversion of buttons to response models. References with two names are shown under both."""

from collections.abc import Iterable, Sequence

from provserver.api.models import buttons as models
from provserver.domain.buttons import Button, ButtonTemplate, Override
from provserver.rendering.buttons import PlacedButton
from provserver.services.buttons.button_views import KeyedDevice


def shown_button(button: Button) -> models.Button:
    """A button of a template."""
    return models.Button.of(
        button, template=button.template_id, template_id=button.template_id, target=dict(button.target)
    )


def shown_override(override: Override) -> models.Override:
    """An override."""
    target = dict(override.target) if override.type else None
    return models.Override.of(override, device=override.device_id, device_id=override.device_id, target=target)


def shown_template(
    template: ButtonTemplate,
    buttons: Iterable[Button] | None = None,
    compatibility: models.Compatibility | None = None,
) -> models.ButtonTemplate:
    """A template, with its buttons and compatibility if given."""
    shown = None if buttons is None else [shown_button(button) for button in buttons]
    return models.ButtonTemplate.of(template, buttons=shown, compatibility=compatibility)


def shown_effective(placed: PlacedButton) -> models.EffectiveButton:
    """An effective button."""
    button = placed.button
    return models.EffectiveButton(
        position=button.position,
        label=placed.label,
        type=button.type,
        target=dict(button.target),
        source=button.source,
        template_button=button.template_button,
        template_button_id=button.template_button,
        override=button.override,
        override_id=button.override,
        compatibility=models.Fit(supported=placed.reason is None, reason=placed.reason, message=placed.message),
    )


def compatibility_of(keyed: KeyedDevice, placed: Sequence[PlacedButton]) -> models.Compatibility:
    """The compatibility summary of buttons with a device."""
    device = keyed.device
    unsupported = [
        models.Unsupported(
            template_button=one.button.template_button,
            template_button_id=one.button.template_button,
            override=one.button.override,
            override_id=one.button.override,
            position=one.button.position,
            type=one.button.type,
            reason=one.reason,
            message=one.message or "",
        )
        for one in placed
        if one.reason is not None
    ]
    return models.Compatibility(
        device=models.FittedDevice(
            vendor=device.vendor, model=device.model, kind=device.type, max_position=keyed.max_position
        ),
        supported_count=len(placed) - len(unsupported),
        unsupported=unsupported,
    )

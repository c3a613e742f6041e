"""Programmable keys: templates, their buttons, overrides, and the effective buttons of a device."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError, model_validator

from provserver.api.models.shared import Body, Name, PageQuery, Query, Reference, Shown
from provserver.domain.button_types import TARGETS, ButtonType, target_of
from provserver.domain.buttons import Reason, Source
from provserver.domain.device import DeviceType
from provserver.domain.findings import invalid_from, wrong_field
from provserver.domain.values import Text

Position = Annotated[int, Field(ge=1, le=1000, description="The phone's own keys from 1, then its expansion modules")]
Label = Annotated[Text, Field(max_length=100)]
Expand = list[Literal["buttons"]]

_LABEL = "What the key shows; absent: the name of what it is about, as it is at any time"


def _button_schema(more: dict[str, Any] | None = None) -> ConfigDict:
    """JSON Schema of the targets that each type takes; `more` is another allowed shape."""
    options: list[dict[str, Any]] = []
    for kind, target in TARGETS.items():
        schema = target.model_json_schema()
        needed = ["type", "target"] if schema.get("required") else ["type"]
        shape = schema if needed[-1] == "target" else {"anyOf": [schema, {"type": "null"}]}
        options.append({"properties": {"type": {"const": kind.value}, "target": shape}, "required": needed})
    return ConfigDict(json_schema_extra={"oneOf": [*options, *([more] if more else [])]})


class TemplateCreate(Body):
    """A new template."""

    name: Name
    description: Text | None = None


class TemplateUpdate(Body):
    """A merge patch for a template."""

    name: Name | None = Field(default=None, description="Cannot be cleared")
    description: Text | None = None


class ButtonCreate(Body):
    """A new button of a template."""

    model_config = _button_schema()

    position: Position
    type: ButtonType
    target: dict[str, Any] | None = Field(default=None, description="Depends on the type")
    label: Label | None = Field(default=None, description=_LABEL)

    def checked_target(self) -> dict[str, Any]:
        """The validated target. Raises `Invalid` if it does not fit the type."""
        return checked_target(self.type, self.target)


class ButtonUpdate(Body):
    """The new position of a button; nothing else can be changed."""

    position: Position


class OverrideCreate(Body):
    """A replacement for the template's button at a position, or with `suppressed` no button there."""

    model_config = _button_schema({"properties": {"suppressed": {"const": True}}, "required": ["suppressed"]})

    position: Position
    suppressed: bool = Field(default=False, description="No button there, whatever the template has")
    type: ButtonType | None = None
    target: dict[str, Any] | None = Field(default=None, description="Depends on the type")
    label: Label | None = Field(default=None, description=_LABEL)

    @model_validator(mode="after")
    def _says_one_thing(self) -> "OverrideCreate":
        told = [name for name in ("type", "target", "label") if getattr(self, name) is not None]
        if self.suppressed and told:
            raise wrong_field(told[0], "is nothing that a suppressed position has")
        if not self.suppressed and self.type is None:
            raise wrong_field("type", "is needed, or suppressed: true")
        return self

    def checked_target(self) -> dict[str, Any]:
        """The validated target. Raises `Invalid` if it does not fit the type."""
        return checked_target(self.type, self.target) if self.type else {}


def checked_target(kind: ButtonType, target: dict[str, Any] | None) -> dict[str, Any]:
    """The target as stored. Raises `Invalid` naming what is wrong."""
    try:
        return target_of(kind, target)
    except ValidationError as error:
        raise invalid_from(error, "target") from None


class TemplateQuery(Query):
    """Options for showing a template."""

    expand: Expand = Field(default=[], alias="expand[]", description="`buttons` adds the buttons")
    for_device: Reference | None = Field(
        default=None, description="A device: adds the template's compatibility with it"
    )


class TemplatesQuery(PageQuery):
    """Options for showing templates."""

    expand: Expand = Field(default=[], alias="expand[]", description="`buttons` adds the buttons")
    for_device: Reference | None = Field(
        default=None, description="A device: adds each template's compatibility with it"
    )


class Button(Shown):
    """A button of a template."""

    id: str
    template: str
    template_id: str
    position: int
    label: str | None = Field(description="null: derived from the target")
    type: ButtonType
    target: dict[str, Any]
    created_at: datetime


class Override(Shown):
    """A device's replacement for the template's button at a position."""

    id: str
    device: str
    device_id: str
    position: int
    suppressed: bool
    label: str | None
    type: ButtonType | None
    target: dict[str, Any] | None
    created_at: datetime


class Fit(Shown):
    """Whether a button works on a device."""

    supported: bool
    reason: Reason | None
    message: str | None = Field(description="The reason, as text")


class EffectiveButton(Shown):
    """An effective button of a device, after template, overrides and line keys."""

    position: int
    label: str
    type: ButtonType
    target: dict[str, Any]
    source: Source
    template_button: str | None
    template_button_id: str | None
    override: str | None
    override_id: str | None
    compatibility: Fit


class FittedDevice(Shown):
    """The device used for the comparison."""

    vendor: str | None
    model: str | None
    kind: DeviceType
    max_position: int | None = Field(description="Highest position of the model, including modules; null: unknown")


class Unsupported(Shown):
    """A button that does not work on the device."""

    template_button: str | None
    template_button_id: str | None
    override: str | None
    override_id: str | None
    position: int
    type: ButtonType
    reason: Reason
    message: str


class Compatibility(Shown):
    """How many buttons work on a device."""

    device: FittedDevice
    supported_count: int
    unsupported: list[Unsupported]


def _expanded(description: str) -> Any:
    return Field(default=None, description=description, exclude_if=lambda value: value is None)


class ButtonTemplate(Shown):
    """A named set of buttons."""

    id: str
    name: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    buttons: list[Button] | None = _expanded("Only with `expand[]=buttons`")
    compatibility: Compatibility | None = _expanded("Only with `for_device`, and among a device's compatible templates")

"""Settings layers."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from provserver.api.models.shared import Body, Shown
from provserver.domain.settings import Abstractions


def _not_nested(value: Any) -> Any:
    if isinstance(value, dict | list):
        raise PydanticCustomError("nested", "must be a string, a number, true or false")
    return value


Scalar = Annotated[str | int | float | bool | None, BeforeValidator(_not_nested)]
_ABSTRACTIONS = "Vendor-neutral settings; `GET /v1/settings/schema` tells all of them"


class _Patch(Body):
    """The fields common to all layer patches."""

    abstractions: Abstractions | None = Field(default=None, description=_ABSTRACTIONS)

    def patch(self) -> dict[str, Any]:
        """The merge patch as sent."""
        return self.model_dump(exclude_unset=True)


class Layer(_Patch):
    """A merge patch for a device's layer."""

    vendor_overrides: dict[str, Scalar] | None = Field(
        default=None, description="Raw parameters of the device's vendor: name -> value; null removes one"
    )


class SharedLayer(_Patch):
    """A merge patch for the layer of the platform or an account."""

    vendor_overrides: dict[str, dict[str, Scalar] | None] | None = Field(
        default=None, description="Raw parameters by vendor; null removes one"
    )


class ShownLayer(Shown):
    """A layer; secrets are masked."""

    abstractions: dict[str, Any] = Field(description=_ABSTRACTIONS)
    vendor_overrides: dict[str, Any]


class Defaults(Shown):
    """The global defaults."""

    abstractions: dict[str, Any]
    vendor_overrides: dict[str, Any]

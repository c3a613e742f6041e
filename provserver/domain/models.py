"""The facts about a phone model."""

from typing import Any

from pydantic import Field, model_validator

from provserver.domain.device import DeviceType
from provserver.domain.facts import Fact


class Expansion(Fact):
    """Expansion modules: the maximum number, and the keys of each."""

    modules: int = 0
    keys: int = 0


class Model(Fact):
    """One model. A missing count means unknown."""

    lines: int | None = Field(default=None, ge=0, description="Line appearances that can register")
    keys: int | None = Field(default=None, ge=0, description="Programmable keys on the phone, all pages")
    areas: dict[str, int] = Field(
        default_factory=dict,
        description="How many of them are in which of `buttons.areas`; written as `keys: {area: number}`. Absent: they "
        "fill the areas in turn",
    )
    softkeys: int | None = Field(default=None, ge=0)
    handsets: int | None = Field(default=None, ge=0, description="Maximum number of handsets of a DECT base or system")
    cells: int | None = Field(default=None, ge=1, description="Bases of one multicell system; 1: no multicell")
    lines_per_handset: int | None = Field(default=None, ge=1, description="Maximum number of users per handset")
    expansion: Expansion | None = None
    also: tuple[str, ...] = Field(default=(), description="Other spellings in User-Agents and file names")
    type: DeviceType = DeviceType.DESKPHONE
    capabilities: frozenset[str] = Field(default=frozenset(), description="Arbitrary words, for `requires`")
    not_rendered: str | None = Field(default=None, description="Why this model is only recognised, never configured")
    files: dict[str, str] = Field(default_factory=dict, description="Rule id -> the file name that this model requests")

    @model_validator(mode="before")
    @classmethod
    def _keys_of_areas(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("keys"), dict):
            areas = data["keys"]
            if all(isinstance(count, int) for count in areas.values()):
                return {**data, "areas": areas, "keys": sum(areas.values())}
        return data

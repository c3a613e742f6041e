"""How settings are mapped to vendor parameters, and the parameters that are always written."""

from typing import Any

from pydantic import Field, model_validator

from provserver.domain.device import MulticellRole
from provserver.domain.facts import Conditional, Fact


class ListSpelling(Fact):
    """How a list is written: joined into one value, or as one group of parameters per item."""

    names: dict[str, str] = Field(description="Item -> the vendor's name; other items are unsupported")
    to: str | None = Field(default=None, description="Parameter of the joined list")
    join: str | None = None
    after: tuple[str, ...] = Field(default=(), description="Names always added at the end of the joined list")
    chosen: dict[str, str] = Field(
        default_factory=dict,
        description="Parameters per chosen item: {item}, {position} from 1 on, {falling} from 255 down",
    )
    others: dict[str, str] = Field(default_factory=dict, description="Parameters per item that was not chosen: {item}")


class Mapping(Conditional):
    """The vendor parameters for one setting."""

    to: tuple[str, ...] = Field(
        default=(),
        description="Parameter names. {line} and {line0} repeat it for each line, {slot}, {slot0}, {ipei} and {IPEI} "
        "for each handset, {server} and {server0} for each SIP server, {cell}, {cell0} and {cell_mac} for each base; "
        "what belongs to a line also knows {handset_line}, which line of its handset it is",
    )
    values: dict[str, str] | None = Field(default=None, description="Value -> vendor's value; others are unsupported")
    convert: str | None = Field(default=None, description="Named converter, if a table is not sufficient")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Arguments of the converter")
    list: ListSpelling | None = None
    carried_by: str | None = Field(default=None, description="The setting whose parameter also contains this one")
    unsupported: str | None = Field(default=None, description="Why this vendor does not support it")
    roles: tuple[MulticellRole, ...] = Field(default=(), description="Roles of a base that get it; absent: all")
    whole: bool = Field(
        default=False, description="If this one is unsupported, the setting's other parameters are not written either"
    )
    section: str = "settings"
    attributes: dict[str, str] = Field(default_factory=dict, description="Passed to the template with the parameter")

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"to": (data,)}
        if isinstance(data, dict) and isinstance(data.get("to"), str):
            return {**data, "to": (data["to"],)}
        return data

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Mapping":
        said = [bool(self.to), self.list is not None, self.carried_by is not None, self.unsupported is not None]
        if sum(said) != 1:
            raise ValueError("must say exactly one of: to, list, carried_by, unsupported")
        return self


class Constant(Conditional):
    """A parameter that is always written."""

    to: str = Field(description="Parameter name; the places of `settings` repeat it")
    value: str = Field(description="The value; the same places and {mac} are replaced")
    why: str = ""
    roles: tuple[MulticellRole, ...] = ()
    section: str = "settings"
    attributes: dict[str, str] = Field(default_factory=dict)

"""What a vendor's phones are recognised by: MAC blocks, User-Agents, factory certificates."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from provserver.domain.facts import Fact, Pattern

HexPrefix = Annotated[str, Field(pattern=r"^[0-9a-f]{6,11}$")]


class Prefix(Fact):
    """A block of MAC addresses. `model`: set if the whole block is used for one model."""

    model: str | None = None
    shared: bool = Field(
        default=False,
        description="Phones of this vendor are made by the one whose block it is: a device is taken for one of theirs "
        "until its phone tells by its User-Agent that it is one of this",
    )


class AgentExample(Fact):
    """A User-Agent seen in the wild, with the expected result; all examples are checked at start."""

    agent: str
    model: str | None = None
    firmware: str | None = None
    mac: str | None = None


class AgentRule(Fact):
    """A User-Agent pattern with the groups `model`, `firmware` and `mac`."""

    pattern: Pattern
    examples: tuple[AgentExample, ...] = ()


class SubjectRule(Fact):
    """The attribute of a factory certificate's subject that holds the MAC. The pattern must match its whole value."""

    attribute: Literal["CN", "serialNumber", "OU", "O", "L", "ST"] = "CN"
    pattern: Pattern = Field(description="With `<mac>` for the MAC: `<mac>` alone, or `(?:.* )?MAC:<mac>(?: .*)?`")

    @model_validator(mode="after")
    def _names_a_mac(self) -> "SubjectRule":
        if "mac" not in self.pattern.groupindex:
            raise ValueError("the pattern must hold <mac>: a certificate that many phones share proves nothing")
        return self

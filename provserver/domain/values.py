"""Building blocks of settings: value types, and the declaration of a setting and a group."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_validators import AfterValidator

from provserver.domain.texts import (
    check_country,
    check_host,
    check_host_port,
    check_language,
    check_text,
    check_timezone,
    check_url,
)

Text = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(check_text)]
Host = Annotated[str, Field(min_length=1, max_length=253), AfterValidator(check_host)]
HostPort = Annotated[str, Field(min_length=1, max_length=260), AfterValidator(check_host_port)]
Url = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(check_url)]
Dialable = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z*#+._@:-]+$")]
# LDAP attribute descriptions (RFC 4512, section 2.5), separated by blanks.
Attributes = Annotated[
    str, Field(max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9;.-]*( [A-Za-z0-9][A-Za-z0-9;.-]*)*$")
]
Timezone = Annotated[str, AfterValidator(check_timezone)]
Language = Annotated[str, AfterValidator(check_language)]
Country = Annotated[str, Field(min_length=2, max_length=2), AfterValidator(check_country)]
Port = Annotated[int, Field(ge=1, le=65535)]
VlanId = Annotated[int, Field(ge=0, le=4094)]
Priority = Annotated[int, Field(ge=0, le=7)]
Dscp = Annotated[int, Field(ge=0, le=63)]
Percent = Annotated[int, Field(ge=0, le=100)]
Codec = Literal["PCMU", "PCMA", "G722", "G729", "OPUS", "G726-32", "ILBC", "G723", "GSM", "AMR", "AMR-WB"]


def _once_each(codecs: list[Codec]) -> list[Codec]:
    for place, codec in enumerate(codecs):
        if codec in codecs[:place]:
            raise ValueError(f"{codec} is listed twice")
    return codecs


Codecs = Annotated[
    list[Codec],
    Field(min_length=1, max_length=11, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_once_each),
]


def _made_with(*places: str) -> Any:
    """A number pattern with `{place}` placeholders for what a button is about."""
    options = "|".join(("[0-9A-Za-z*#+._@:-]", *(rf"\{{{place}\}}" for place in places)))
    return Field(min_length=1, max_length=64, pattern=f"^({options})+$")


SlotNumber = Annotated[str, _made_with("slot")]
ExtensionNumber = Annotated[str, _made_with("extension")]
QueueNumber = Annotated[str, _made_with("queue")]
AgentNumber = Annotated[str, _made_with("queue", "extension")]
BoxNumber = Annotated[str, _made_with("box")]


def setting(meaning: str, *, unit: str | None = None, secret: bool = False, expressed_by: str | None = None) -> Any:
    """Declare a setting: its meaning, its unit, and whether it is a secret.

    `expressed_by`: the setting that represents this one in files, if two public names control the same thing.
    """
    extra = {"unit": unit, "secret": secret or None, "expressed_by": expressed_by}
    return Field(
        default=None,
        description=meaning,
        json_schema_extra={f"x-{key.replace('_', '-')}": value for key, value in extra.items() if value},
    )


class Group(BaseModel):
    """A group of settings. Unknown names and implicit type conversions are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

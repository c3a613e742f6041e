"""Building blocks of bodies, queries and responses."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from provserver.domain.findings import wrong_field
from provserver.domain.proofs import Proof
from provserver.domain.texts import check_text
from provserver.domain.values import Text

Item = TypeVar("Item")


def _present(text: str) -> str:
    return check_text(text)


Name = Text
"""A name: 1 to 255 printable characters, without leading and trailing blanks."""

Reference = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
"""An id in a body."""


class Body(BaseModel):
    """A request body: unknown fields are refused, and types are not converted.

    `twins`: fields with two names; either may be used, and if both are, they must be equal.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    twins: ClassVar[dict[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _one_name_each(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        merged = dict(data)
        for name, twin in cls.twins.items():
            if twin not in merged:
                continue
            value = merged.pop(twin)
            if name in merged and merged[name] != value:
                raise wrong_field(twin, f"is another name of {name} and must not differ from it")
            merged[name] = value
        return merged

    def given(self) -> dict[str, Any]:
        """The fields that the request contained, by their first name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Nothing(Body):
    """A body without fields."""


def _number(text: Any) -> Any:
    # Pydantic would also accept blanks, signs and underscores.
    if isinstance(text, str) and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError("is not a number")
    return int(text) if isinstance(text, str) else text


def _truth(text: Any) -> Any:
    if isinstance(text, str):
        if text not in ("true", "false"):
            raise ValueError("must be true or false")
        return text == "true"
    return text


def _moment(text: Any) -> Any:
    """ISO 8601 with an offset, or a date for the start of that day in UTC."""
    if not isinstance(text, str):
        return text
    try:
        moment = datetime.combine(date.fromisoformat(text), time(), UTC) if len(text) == 10 else _aware(text)
    except (ValueError, OverflowError):
        raise ValueError("is not a time like 2026-01-31T12:00:00Z, nor a date") from None
    return moment


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("has no offset")
    return moment.astimezone(UTC)


Truth = Annotated[bool, BeforeValidator(_truth)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Proofs = Annotated[list[Proof], Field(min_length=1), AfterValidator(tuple)]
"""Names of proofs, at least one."""
Word = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_present)]
"""A text to filter by."""


class Query(BaseModel):
    """Query parameters: unknown ones are refused."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Query):
    """The page of a list."""

    limit: Annotated[int, Field(ge=1, le=100), BeforeValidator(_number)] = Field(
        default=10, description="Maximum number of items"
    )
    page: Annotated[str, Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="Opaque cursor from `next_page_url` or `previous_page_url`"
    )


class Shown(BaseModel):
    """A response model."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    @classmethod
    def of(cls, record: Any, **more: Any) -> Self:
        """Create from the attributes of `record` that match fields, and from `more`."""
        known = {name: getattr(record, name) for name in cls.model_fields if name not in more and hasattr(record, name)}
        return cls(**known, **more)


class Listing(Shown, Generic[Item]):
    """A page of a list."""

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """The name in the OpenAPI document: `AccountList`; `DeviceList` for devices of all types."""
        return f"{params[0].__name__ if isinstance(params[0], type) else 'Device'}List"

    object: Literal["list"] = "list"
    url: str = Field(description="Path of this list")
    next_page_url: str | None = Field(description="Path and query of the next page; null on the last")
    previous_page_url: str | None = Field(description="Path and query of the page before; null on the first")
    data: list[Item]


class Failure(Shown):
    """An error response."""

    error: str = Field(description="For people")
    code: str = Field(description="For machines, stable")
    details: dict[str, str] = Field(description="Field path -> what is wrong with it")

"""Building blocks of vendor files: evidence, patterns, and conditions on models."""

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAC_PLACE, IPEI_PLACE = "<mac>", "<ipei>"
_IPEI_GROUP = r"(?P<ipei>[0-9a-f]{10})"
_MAC_GROUP = r"(?P<mac>[0-9a-f]{12}|[0-9a-f]{2}(?:[:_-][0-9a-f]{2}){5})"


class Evidence(StrEnum):
    """How reliable a fact is; shown in the coverage table."""

    VENDOR_GUIDE = "vendor_guide"
    SEVERAL_PROJECTS = "several_projects"
    ONE_PROJECT = "one_project"
    UNVERIFIED = "unverified"


def _compile(text: Any) -> re.Pattern[str]:
    """Compile a pattern of a vendor file. `<mac>` and `<ipei>` match any spelling; case is ignored."""
    if isinstance(text, re.Pattern):
        return text
    if not isinstance(text, str):
        raise ValueError("is not text; put the pattern in quotes")  # noqa: TRY004 - pydantic expects ValueError
    try:
        return re.compile(text.replace(MAC_PLACE, _MAC_GROUP).replace(IPEI_PLACE, _IPEI_GROUP), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None


Pattern = Annotated[re.Pattern[str], BeforeValidator(_compile)]


_UNTOLD: set[str] = set()


class Fact(BaseModel):
    """Base of everything in a vendor file. Unknown keys are refused; `evidence` and `source` are allowed anywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, arbitrary_types_allowed=True)

    def model_post_init(self, _: Any) -> None:
        """Drop pydantic's record of which fields were set. It is unused, and takes 2.5 MB for ten thousand facts."""
        object.__setattr__(self, "__pydantic_fields_set__", _UNTOLD)

    evidence: Evidence | None = Field(default=None, description="Reliability; absent: that of the whole file")
    source: str | None = Field(default=None, description="Source, as text")


class Conditional(Fact):
    """A fact that applies to some models only."""

    only: tuple[str, ...] = Field(default=(), description="Models and families that have it")
    excluding: tuple[str, ...] = Field(default=(), description="Models and families that lack it")
    requires: str | None = Field(default=None, description="Capability that the model must have")


class Refusal(Fact):
    """A text that this syntax cannot represent, besides control characters."""

    pattern: Pattern
    why: str

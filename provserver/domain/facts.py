"""What facts of vendor files are made of: evidence, patterns, and for which models something stands."""

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAC_PLACE, IPEI_PLACE = "<mac>", "<ipei>"
_IPEI_GROUP = r"(?P<ipei>[0-9a-f]{10})"
_MAC_GROUP = r"(?P<mac>[0-9a-f]{12}|[0-9a-f]{2}(?:[:_-][0-9a-f]{2}){5})"


class Evidence(StrEnum):
    """How well a fact is known; the coverage table shows it."""

    VENDOR_GUIDE = "vendor_guide"
    SEVERAL_PROJECTS = "several_projects"
    ONE_PROJECT = "one_project"
    UNVERIFIED = "unverified"


def _compile(text: Any) -> re.Pattern[str]:
    """A pattern of a vendor file: `<mac>` and `<ipei>` stand for those in any spelling, case never matters."""
    if isinstance(text, re.Pattern):
        return text
    if not isinstance(text, str):
        raise ValueError("is not text; put the pattern in quotes")  # noqa: TRY004 - pydantic listens to ValueError
    try:
        return re.compile(text.replace(MAC_PLACE, _MAC_GROUP).replace(IPEI_PLACE, _IPEI_GROUP), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None


Pattern = Annotated[re.Pattern[str], BeforeValidator(_compile)]


_UNTOLD: set[str] = set()


class Fact(BaseModel):
    """Anything in a vendor file; unknown keys are refused, `evidence` and `source` may stand anywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, arbitrary_types_allowed=True)

    def model_post_init(self, _: Any) -> None:
        """Forget which fields the file named: nobody asks, and for ten thousand facts that is 2.5 MB."""
        object.__setattr__(self, "__pydantic_fields_set__", _UNTOLD)

    evidence: Evidence | None = Field(default=None, description="How well this is known; absent: as the whole file")
    source: str | None = Field(default=None, description="Where it is from, in words")


class Conditional(Fact):
    """A fact that stands for some models only."""

    only: tuple[str, ...] = Field(default=(), description="Models and families that have it")
    excluding: tuple[str, ...] = Field(default=(), description="Models and families that lack it")
    requires: str | None = Field(default=None, description="Capability that the model must have")


class Refusal(Fact):
    """A text that this syntax cannot carry, beside control characters."""

    pattern: Pattern
    why: str

"""The base class of all configuration sections."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """A section. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _absent_where_commented_out(cls, data: Any) -> Any:
        """Treat a section with nothing but comments, which YAML reads as null, as its defaults."""
        if not isinstance(data, dict):
            return data
        subsections = {name for name, field in cls.model_fields.items() if isinstance(field.default, Section)}
        return {name: value for name, value in data.items() if value is not None or name not in subsections}

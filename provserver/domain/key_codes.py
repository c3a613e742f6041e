"""How programmable keys are written for a vendor: the schema of `buttons` in `vendors/*.yaml`.

A *position* is the number a user would count: first the phone's own keys from 1, then those of each expansion module,
then the soft keys. A position maps to a key of an *area*: a group of keys whose parameters follow one naming scheme. A
button type defines *fields* with the vendor's names; the area defines which parameters hold them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from provserver.domain.button_types import ButtonType
from provserver.domain.facts import Conditional, Fact, Refusal


class KeyParameter(Conditional):
    """A parameter of each key of an area. Omitted if its value uses a field that this key does not have."""

    to: str = Field(description="Its name, with the places of a key: {position}, {key}, {module}, {page}, ...")
    value: str = Field(description="Its value, with fields of the type and places of the key")
    attributes: dict[str, str] = Field(default_factory=dict, description="Handed to the template; also with places")
    section: str = "keys"


def _parameters(value: Any) -> Any:
    """Expand the short form `{name: value}` to a list of parameters."""
    if isinstance(value, dict):
        return tuple({"to": name, "value": text} for name, text in value.items())
    return value


class KeyArea(Conditional):
    """A group of keys: line keys, memory keys, soft keys, or the keys of expansion modules."""

    parameters: Annotated[tuple[KeyParameter, ...], BeforeValidator(_parameters)]
    modules: bool = Field(default=False, description="These are the keys of expansion modules")
    soft: bool = Field(default=False, description="These are soft keys; their positions come last, behind the modules")
    types: tuple[ButtonType, ...] = Field(default=(), description="What alone its keys can be; absent: any type")
    size: int | None = Field(default=None, ge=1, description="Most keys it has; those of a model go on in the next")
    per_page: int | None = Field(default=None, ge=1, description="Keys of one page, where names speak of {page}")
    unused: dict[str, str] | None = Field(
        default=None, description="Fields of a key without a button; absent: nothing is written for it"
    )


_OF_FORMS = frozenset({"when", "only", "excluding", "requires", "areas", "counter", "own_place", "unsupported"})
_OF_FORMS |= {"evidence", "source", "fields"}


class KeyForm(Conditional):
    """One way to write a button type. Every key that is not an option below is a field."""

    when: dict[str, str | None] = Field(
        default_factory=dict, description="Values its target must have: {mode: blind}; null where it must have none"
    )
    areas: tuple[str, ...] = Field(default=(), description="Areas whose keys can do it; absent: all")
    counter: str | None = Field(
        default=None, description="Keys with the same counter are numbered {nth} among themselves, from 1"
    )
    own_place: bool = Field(default=False, description="Only the key whose number is that of the line")
    fields: dict[str, str] = Field(default_factory=dict, description="Field -> text with places")
    unsupported: str | None = Field(default=None, description="Why these phones have no such key; then nothing else")

    @model_validator(mode="before")
    @classmethod
    def _fields_beside(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "fields" in data:
            return data
        own = {key: value for key, value in data.items() if key in _OF_FORMS}
        return {**own, "fields": {key: value for key, value in data.items() if key not in _OF_FORMS}}

    @model_validator(mode="after")
    def _says_one_thing(self) -> "KeyForm":
        if self.unsupported is not None and (self.fields or self.counter):
            raise ValueError("says that there is no such key, and what it is")
        return self


def _forms(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


class KeyCodes(Fact):
    """The programmable keys of a vendor. Each type has forms, or a reason why it is not supported."""

    areas: dict[str, KeyArea] = Field(description="In the order in which positions go through them")
    fields: dict[str, str] = Field(
        default_factory=dict, description="Fields that every type has unless it says its own"
    )
    types: dict[ButtonType, Annotated[tuple[KeyForm, ...], BeforeValidator(_forms)]] = Field(
        description="Type -> its forms; of those that fit model, area and target the first whose places are all known. "
        "Or `{unsupported: why not}`"
    )
    cannot_carry: tuple[Refusal, ...] = Field(
        default=(), description="What labels, numbers and other texts must not hold where several share one value"
    )

    def spoken(self, kind: ButtonType) -> tuple[KeyForm, ...]:
        """The supported forms of a type."""
        return tuple(form for form in self.types.get(kind, ()) if form.unsupported is None)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a phone. `number` counts from 1 within its area; on an expansion module within that `module`."""

    area: str
    position: int
    number: int
    module: int = 0

    def places(self, per_page: int | None) -> dict[str, int]:
        """The values for placeholders in names and values; each also counted from 0, with a 0 appended to its name."""
        numbers = {"position": self.position, "key": self.number}
        if self.module:
            numbers |= {"module": self.module}
        if per_page:
            page, key = divmod(self.number - 1, per_page)
            numbers |= {"page": page + 1, "page_key": key + 1}
        return numbers | {f"{name}0": number - 1 for name, number in numbers.items()}


@dataclass(frozen=True)
class KeyLayout:
    """The keys of one model. `own`: number of keys on the phone itself, None if unknown."""

    areas: Mapping[str, KeyArea]
    own: int | None
    counts: Mapping[str, int]
    modules: int
    keys_per_module: int
    softkeys: int = 0

    @cached_property
    def module_area(self) -> str | None:
        """The area of the expansion modules, if any."""
        return next((name for name, area in self.areas.items() if area.modules), None)

    @cached_property
    def soft_area(self) -> str | None:
        """The area of the soft keys, if they are programmable."""
        return next((name for name, area in self.areas.items() if area.soft), None)

    @cached_property
    def _on_modules(self) -> int:
        """The number of keys on all expansion modules."""
        return self.modules * self.keys_per_module if self.module_area and self.rows else 0

    @cached_property
    def max_position(self) -> int | None:
        """The highest position; 0 if there are no programmable keys, None if the number is unknown."""
        own = self.own if self.rows else 0
        if own is None:
            return None
        return own + self._on_modules + (self.softkeys if self.soft_area else 0)

    @cached_property
    def rows(self) -> list[tuple[str, int | None]]:
        """The areas of the phone itself, with the number of keys in each; None means unlimited.

        If the number of keys is unknown, only the first area is assumed to exist.
        """
        areas = [(name, area) for name, area in self.areas.items() if not area.modules and not area.soft]
        if self.counts:
            return [(name, self.counts[name]) for name, _ in areas if name in self.counts]
        if self.own is None:
            return [(name, area.size) for name, area in areas[:1]]
        rows: list[tuple[str, int | None]] = []
        left = self.own
        for name, area in areas:
            count = min(left, area.size or left)
            rows.append((name, count))
            left -= count
        return rows

    def key_at(self, position: int) -> Key | None:
        """The key at a position; None beyond the last."""
        before = 0
        for name, count in self.rows:
            if count is None or position <= before + count:
                return Key(name, position, position - before)
            before += count
        known = self.own is not None or not self.rows
        return self._beyond_own(position, position - before - 1) if known else None

    def _beyond_own(self, position: int, number: int) -> Key | None:
        """The key at offset `number` (from 0) after the phone's own keys."""
        soft = number - self._on_modules
        if soft < 0 and self.module_area:
            module, key = divmod(number, self.keys_per_module)
            return Key(self.module_area, position, key + 1, module + 1)
        return Key(self.soft_area, position, soft + 1) if self.soft_area and soft < self.softkeys else None

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """All keys of a model whose number of keys is known."""
        found = (self.key_at(position) for position in range(1, (self.max_position or 0) + 1))
        return tuple(key for key in found if key)

"""The result of translation: parameters, and the outcome for each setting."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provserver.domain.lines import Line, Repeated
from provserver.rendering.buttons import PlacedButton
from provserver.rendering.parameters import Parameter


@dataclass(slots=True)
class Outcome:
    """The outcome for one setting: its parameters, or the reasons why it is not (fully) supported.

    Must not be modified once built, because outcomes are cached and shared by many phones.
    """

    parameters: list[Parameter] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    carried_by: str | None = None
    withheld: bool = False

    @property
    def supported(self) -> bool:
        """Whether the setting is fully expressed in the file."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Translation:
    """All parameters in order, the outcome of each setting and button, and the lines beyond the model's limit."""

    parameters: tuple[Parameter, ...]
    outcomes: Mapping[str, Outcome]
    repeated: Repeated
    lines_not_rendered: tuple[int, ...]
    buttons: tuple[PlacedButton, ...] = ()

    @property
    def rendered_lines(self) -> tuple[Line, ...]:
        """The lines in the file."""
        return self.repeated.lines

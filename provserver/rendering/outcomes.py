"""What translation tells: the parameters, and what became of each setting."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provserver.domain.lines import Line, Repeated
from provserver.rendering.buttons import PlacedButton
from provserver.rendering.parameters import Parameter


@dataclass(slots=True)
class Outcome:
    """What became of one setting: its parameters, or the reasons why (some of) it cannot be expressed.

    Once it is made nobody changes it: many are shared by all phones with the same setting.
    """

    parameters: list[Parameter] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    carried_by: str | None = None
    withheld: bool = False

    @property
    def supported(self) -> bool:
        """Whether all of it reached the file."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Translation:
    """All parameters in their order, what became of each setting and button, and the lines beyond the model."""

    parameters: tuple[Parameter, ...]
    outcomes: Mapping[str, Outcome]
    repeated: Repeated
    lines_not_rendered: tuple[int, ...]
    buttons: tuple[PlacedButton, ...] = ()

    @property
    def rendered_lines(self) -> tuple[Line, ...]:
        """The lines that are in the file."""
        return self.repeated.lines

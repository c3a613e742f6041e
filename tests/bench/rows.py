"""What a row of the benchmark's table is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A case, what was measured, what it is measured against, and the bound that the figure must keep to."""

    case: str
    measured: str
    against: str
    figure: float
    bound: float
    unit: str = "×"
    at_least: bool = False

    @property
    def reached(self) -> bool:
        """Whether the bound is kept."""
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound


def ratio(case: str, microseconds: float, reference: float, bound: float, what: str) -> Row:
    """Processor time per request over that of another server in the same run."""
    return Row(case, f"{microseconds:,.0f} µs", f"{what} {reference:,.0f} µs", microseconds / reference, bound)

"""What a row of the benchmark's table is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A case, what was measured, what it is measured against, and the bound that the figure must keep to.

    Without a bound the figure is only told.
    """

    case: str
    measured: str
    against: str
    figure: float
    bound: float | None = None
    unit: str = "×"
    at_least: bool = False

    @property
    def reached(self) -> bool:
        """Whether the bound is kept."""
        if self.bound is None:
            return True
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    @property
    def told(self) -> str:
        """The figure with its unit."""
        return f"{self.figure:,.{0 if abs(self.figure) >= 100 else 1 if self.unit != '×' else 2}f} {self.unit}"

    @property
    def aim(self) -> str:
        """The bound in words."""
        if self.bound is None:
            return ""
        return f"{'at least' if self.at_least else 'at most'} {self.bound:,g} {self.unit}"

    @property
    def verdict(self) -> str:
        """For the last column of the table."""
        if self.bound is None:
            return ""
        return "reached" if self.reached else "NOT reached"


def ratio(case: str, microseconds: float, reference: float, bound: float, what: str) -> Row:
    """Processor time per request over that of another server in the same run."""
    return Row(case, f"{microseconds:,.0f} µs", f"{what} {reference:,.0f} µs", microseconds / reference, bound)

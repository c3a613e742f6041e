"""Usage accounting by stays: the continuous times during which a user is on at least one provisioned device.

The number of users in [since, until) follows from counts: stays that began before `until`, minus stays that ended by
`since`, minus absences inside the period, because a user who left and returned has two stays.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

Span = tuple[datetime, datetime | None]
"""Start and end of a time on a device; the end is None while it lasts."""


class Absence(NamedTuple):
    """A user had left the last device, and returned to one."""

    left_at: datetime
    back_at: datetime
    user_id: str


class Step(NamedTuple):
    """How many stays had begun and ended in an account by a point in time."""

    at: datetime
    began: int
    ended: int


def stays(spans: Iterable[Span]) -> list[Span]:
    """Merge a user's spans on several devices into stays, in order."""
    made: list[Span] = []
    for start, end in sorted(spans, key=lambda span: span[0]):
        if made and (made[-1][1] is None or start <= made[-1][1]):
            began, ended = made[-1]
            made[-1] = began, None if ended is None or end is None else max(ended, end)
        else:
            made.append((start, end))
    return made


@dataclass(slots=True)
class Changes:
    """Changes to the counts of an account."""

    began: Counter[datetime] = field(default_factory=Counter)
    ended: Counter[datetime] = field(default_factory=Counter)
    absences: Counter[Absence] = field(default_factory=Counter)

    def note(self, user_id: str, before: Iterable[Span], after: Iterable[Span]) -> None:
        """Replace the spans `before` of a user by `after`."""
        for spans, more in ((before, -1), (after, 1)):
            now = stays(spans)
            for begin, end in now:
                self.began[begin] += more
                if end is not None:
                    self.ended[end] += more
            for (_, left_at), (back_at, _) in pairwise(now):
                if left_at is not None:
                    self.absences[Absence(left_at, back_at, user_id)] += more

    @property
    def moments(self) -> list[datetime]:
        """The times at which the counts change, ascending."""
        return sorted({at for counts in (self.began, self.ended) for at, more in counts.items() if more})


def counted(base: Step | None, later: Sequence[Step], changes: Changes) -> list[Step]:
    """Recompute the steps from the first change on. `base`: last step before it; `later`.

    The existing steps after that.
    """
    began, ended, before = Counter(changes.began), Counter(changes.ended), base
    for step in later:
        began[step.at] += step.began - (before.began if before else 0)
        ended[step.at] += step.ended - (before.ended if before else 0)
        before = step
    sums = (base.began, base.ended) if base else (0, 0)
    steps = []
    for at in sorted({*changes.moments, *(step.at for step in later)}):
        sums = sums[0] + began[at], sums[1] + ended[at]
        steps.append(Step(at, *sums))
    return steps

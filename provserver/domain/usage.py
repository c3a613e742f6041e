"""Stays: the time, without a break, that a user is on at least one provisioned device. What usage is counted by.

How many users there were at some time in [since, until) follows from counts alone: the stays that began before `until`,
less those that had ended by `since`, less the absences that lie within, since who left and came back has two stays.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

Span = tuple[datetime, datetime | None]
"""From when to when a user is on something; None for still."""


class Absence(NamedTuple):
    """A user had left its last device, and was back on one."""

    left_at: datetime
    back_at: datetime
    user_id: str


class Step(NamedTuple):
    """How many stays had begun, and ended, in an account by a moment."""

    at: datetime
    began: int
    ended: int


def stays(spans: Iterable[Span]) -> list[Span]:
    """The stays that the spans of a user on its devices make up, in order."""
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
    """What is to be counted anew in an account."""

    began: Counter[datetime] = field(default_factory=Counter)
    ended: Counter[datetime] = field(default_factory=Counter)
    absences: Counter[Absence] = field(default_factory=Counter)

    def note(self, user_id: str, before: Iterable[Span], after: Iterable[Span]) -> None:
        """The spans of a user are now `after`."""
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
        """When more, or fewer, begin or end than before; ascending."""
        return sorted({at for counts in (self.began, self.ended) for at, more in counts.items() if more})


def counted(base: Step | None, later: Sequence[Step], changes: Changes) -> list[Step]:
    """The steps from the first change on. `base` is the last one before it, `later` what follows so far."""
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

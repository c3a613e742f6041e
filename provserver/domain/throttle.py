"""A throttle (a token bucket for each source): a handful of tries to begin with, and one more every few seconds.

Memory is bounded whatever the number of sources: the one that has been silent for longest makes room.
"""

import math
from collections import OrderedDict
from datetime import datetime


class Throttle:
    """How many tries each source has left: `burst` to begin with, one more every `every` seconds."""

    def __init__(self, *, burst: int, every: float, sources: int) -> None:
        self._burst, self._every, self._sources = burst, every, sources
        self._spent: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._spent)

    def wait(self, source: str, now: datetime) -> int:
        """Seconds until `source` has a try again; 0 where it has one."""
        missing = self._missing(source, now) - (self._burst - 1)
        return max(math.ceil(missing * self._every), 0)

    def failed(self, source: str, now: datetime) -> None:
        """A try of `source` came to nothing."""
        self._spent[source] = (self._missing(source, now) + 1, now)
        self._spent.move_to_end(source)
        if len(self._spent) > self._sources:
            self._spent.popitem(last=False)

    def _missing(self, source: str, now: datetime) -> float:
        """Tries that are spent; a clock that is set back gives none back, and goes on from there."""
        spent, at = self._spent.get(source, (0.0, now))
        if at > now:
            at = now
            self._spent[source] = (spent, now)
        return max(spent - (now - at).total_seconds() / self._every, 0.0)

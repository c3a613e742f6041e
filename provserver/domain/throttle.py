"""A token bucket per source: a burst of tries, then one more at regular intervals.

Memory is bounded: the source that has been inactive for longest is evicted.
"""

import math
from collections import OrderedDict
from datetime import datetime


class Throttle:
    """`burst`: initial tries; one more becomes available every `every` seconds. `sources`: how many are tracked."""

    def __init__(self, *, burst: int, every: float, sources: int) -> None:
        self._burst, self._every, self._sources = burst, every, sources
        self._spent: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._spent)

    def wait(self, source: str, now: datetime) -> int:
        """Seconds until `source` may try again; 0 if it may try now."""
        missing = self._missing(source, now) - (self._burst - 1)
        return max(math.ceil(missing * self._every), 0)

    def failed(self, source: str, now: datetime) -> None:
        """Count a failed try."""
        self._spent[source] = (self._missing(source, now) + 1, now)
        self._spent.move_to_end(source)
        if len(self._spent) > self._sources:
            self._spent.popitem(last=False)

    def _missing(self, source: str, now: datetime) -> float:
        """Tries used up. If the clock is set back, none are returned and counting continues from the new time."""
        spent, at = self._spent.get(source, (0.0, now))
        if at > now:
            at = now
            self._spent[source] = (spent, now)
        return max(spent - (now - at).total_seconds() / self._every, 0.0)

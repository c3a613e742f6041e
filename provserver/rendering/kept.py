"""Translations that many phones have in common, within a limit of memory."""

from collections.abc import Hashable
from threading import Lock

from provserver.rendering.outcomes import Outcome

_BESIDE = 2  # what an outcome and its key take beside its parameters, in parameters


class Kept:
    """Outcomes by everything they depend on. `limit`: parameters, of about 250 bytes each; the oldest are dropped."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._outcomes: dict[Hashable, Outcome] = {}
        self._changing = Lock()  # files are made in several threads

    def get(self, key: Hashable) -> Outcome | None:
        """The outcome, if it is still there."""
        return self._outcomes.get(key)

    def put(self, key: Hashable, outcome: Outcome) -> Outcome:
        """Keep an outcome, which nobody may change any more, and return it."""
        with self._changing:
            if key not in self._outcomes:
                self._outcomes[key] = outcome
                self._size += _size_of(outcome)
            while self._size > self._limit:
                self._size -= _size_of(self._outcomes.pop(next(iter(self._outcomes))))
        return outcome


def _size_of(outcome: Outcome) -> int:
    return len(outcome.parameters) + _BESIDE

"""A bounded cache of translations that are common to many phones."""

from collections.abc import Hashable
from threading import Lock

from provserver.rendering.outcomes import Outcome

_BESIDE = 2  # overhead of an outcome and its key, in parameters


class TranslationCache:
    """Outcomes by everything they depend on. `limit`: parameters, of about 250 bytes each; the oldest are evicted."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._outcomes: dict[Hashable, Outcome] = {}
        self._changing = Lock()  # files are rendered in several threads

    def get(self, key: Hashable) -> Outcome | None:
        """The outcome, or None on a miss."""
        return self._outcomes.get(key)

    def put(self, key: Hashable, outcome: Outcome) -> Outcome:
        """Insert an outcome, which must not be modified afterwards, and return it."""
        with self._changing:
            if key not in self._outcomes:
                self._outcomes[key] = outcome
                self._size += _size_of(outcome)
            while self._size > self._limit:
                self._size -= _size_of(self._outcomes.pop(next(iter(self._outcomes))))
        return outcome


def _size_of(outcome: Outcome) -> int:
    return len(outcome.parameters) + _BESIDE

"""Time and randomness, passed in to everything that needs them."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from provserver.domain.ids import Series, new_id


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Sources:
    """The source of time (aware, UTC) and random bytes; tests replace it."""

    clock: Callable[[], datetime] = _utc_now
    entropy: Callable[[int], bytes] = secrets.token_bytes

    def now(self) -> datetime:
        """The current time in UTC."""
        return self.clock()

    def new_id(self, prefix: str, at: datetime | None = None) -> str:
        """A new id of the kind `prefix`, with creation time `at` or now."""
        return new_id(prefix, at or self.clock(), self.entropy(10))

    def series(self, prefix: str) -> Series:
        """A generator of ids of the kind `prefix`, for thousands per second."""
        return Series(prefix, self.entropy(8))

    def token(self) -> str:
        """A device's secret: 160 bits as 32 characters of a-z and 2-7, which fit into every phone's URL."""
        alphabet = "abcdefghijklmnopqrstuvwxyz234567"
        number = int.from_bytes(self.entropy(20), "big")
        return "".join(alphabet[number >> shift & 31] for shift in range(0, 160, 5))

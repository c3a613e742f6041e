"""Time and randomness, handed to every flow that needs them."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from provserver.domain.ids import Series, new_id


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where time (aware, UTC) and random bytes come from; tests bring their own."""

    clock: Callable[[], datetime] = _utc_now
    entropy: Callable[[int], bytes] = secrets.token_bytes

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return self.clock()

    def new_id(self, prefix: str, at: datetime | None = None) -> str:
        """A new id of the kind `prefix`, made `at` that moment or now."""
        return new_id(prefix, at or self.clock(), self.entropy(10))

    def series(self, prefix: str) -> Series:
        """Ids of the kind `prefix` for what happens thousands of times a second."""
        return Series(prefix, self.entropy(8))

    def token(self) -> str:
        """A device's path secret: 160 bits in 32 characters of a-z and 2-7, which every phone's URL field takes."""
        alphabet = "abcdefghijklmnopqrstuvwxyz234567"
        number = int.from_bytes(self.entropy(20), "big")
        return "".join(alphabet[number >> shift & 31] for shift in range(0, 160, 5))

"""Opaque ids: a prefix for the kind, then 26 characters that sort by creation time.

The 26 characters are lower-case Crockford base 32: 56 bits of microseconds since 1970, then 74 random bits.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(one + other for one in _ALPHABET for other in _ALPHABET)
_MICROSECOND = timedelta(microseconds=1)


def new_id(prefix: str, at: datetime, entropy: bytes) -> str:
    """`new_id("dev", …)` -> `dev_01jd…`. `entropy`: ten random bytes."""
    return f"{prefix}_{new_ordinal(at, entropy)}"


def new_ordinal(at: datetime, entropy: bytes) -> str:
    """The 26 sortable characters without a prefix."""
    microseconds = (at - _EPOCH) // _MICROSECOND
    number = microseconds << 74 | int.from_bytes(entropy[:10], "big") >> 6
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


class Series:
    """A fast generator of ids of one kind: one random number per process, then a counter.

    `entropy`: eight random bytes.
    """

    def __init__(self, prefix: str, entropy: bytes) -> None:
        number = int.from_bytes(entropy[:8], "big")
        self._prefix = f"{prefix}_"
        self._own = "".join([_PAIRS[number >> shift & 1023] for shift in range(0, 50, 10)])
        self._count = number >> 50

    def next(self, microseconds: int) -> str:
        """A new id with this creation time, in microseconds since 1970."""
        self._count = count = self._count + 1 & 0xFFFFF
        return "".join(
            (
                self._prefix,
                _PAIRS[microseconds >> 46 & 1023],
                _PAIRS[microseconds >> 36 & 1023],
                _PAIRS[microseconds >> 26 & 1023],
                _PAIRS[microseconds >> 16 & 1023],
                _PAIRS[microseconds >> 6 & 1023],
                _PAIRS[microseconds << 4 & 1023],
                self._own,
                _PAIRS[count >> 10],
                _PAIRS[count & 1023],
            )
        )


def ordinal_of(identifier: str) -> str:
    """The sortable part of an id."""
    return identifier.rpartition("_")[2]

"""Opaque identifiers: a prefix that names the kind, then 26 characters that sort by time of creation.

The 26 characters are lower-case Crockford base 32: 56 bits of microseconds since 1970, then 74 bits of randomness.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(one + other for one in _ALPHABET for other in _ALPHABET)
_MICROSECOND = timedelta(microseconds=1)


def new_id(prefix: str, at: datetime, entropy: bytes) -> str:
    """`new_id("dev", …)` -> `dev_01jd…`; `entropy` is ten random bytes."""
    return f"{prefix}_{new_ordinal(at, entropy)}"


def new_ordinal(at: datetime, entropy: bytes) -> str:
    """The 26 sortable characters alone."""
    microseconds = (at - _EPOCH) // _MICROSECOND
    number = microseconds << 74 | int.from_bytes(entropy[:10], "big") >> 6
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def ordinal_of(identifier: str) -> str:
    """The sortable part of an id made here."""
    return identifier.rpartition("_")[2]

"""Column types that mean the same on every database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, String
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros_of(at: datetime) -> int:
    """Microseconds since 1970 of an aware datetime; `ValueError` for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a point in time without a time zone cannot be stored")
    return (at - EPOCH) // _MICROSECOND


def instant_of(micros: int) -> datetime:
    """The aware UTC datetime that lies `micros` microseconds after 1970."""
    return EPOCH + timedelta(microseconds=micros)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970: sorts, compares and survives the same everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Datetime to microseconds."""
        return None if value is None else micros_of(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Microseconds to datetime."""
        return None if value is None else instant_of(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A few words in their order, kept as one text with commas between them."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Words to text."""
        return None if value is None else ",".join(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Text to words."""
        return None if value is None else tuple(value.split(",")) if value else ()


# Prefix searches compare by range, which is only right where text sorts by its bytes. SQLite and CockroachDB do so by
# themselves, PostgreSQL only with this collation.
Bytewise = String().with_variant(String(collation="C"), "postgresql")

Json = JSON(none_as_null=True)

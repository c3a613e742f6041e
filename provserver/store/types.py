"""Column types that behave the same on all databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, String
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros_of(at: datetime) -> int:
    """Microseconds since 1970 of an aware datetime. Raises `ValueError` for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a point in time without a time zone cannot be stored")
    return (at - EPOCH) // _MICROSECOND


def instant_of(micros: int) -> datetime:
    """The aware UTC datetime at `micros` microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Datetime to microseconds."""
        return None if value is None else micros_of(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Microseconds to datetime."""
        return None if value is None else instant_of(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A short list of words in order, stored as text separated by commas."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Words to text."""
        return None if value is None else ",".join(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Text to words."""
        return None if value is None else tuple(value.split(",")) if value else ()


# Prefix searches use ranges, which requires bytewise collation. SQLite and CockroachDB have it by default, PostgreSQL
# only with this setting.
Bytewise = String().with_variant(String(collation="C"), "postgresql")

Json = JSON(none_as_null=True)

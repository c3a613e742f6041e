"""Times as arguments of commands: a time, a date (start of that day in UTC), or a duration such as 12h or 90d."""

import re
from datetime import UTC, datetime, timedelta

import click

_SPAN = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def until(text: str) -> datetime:
    """A time; a duration counts from now."""
    return _moment(text, 1)


def since(text: str) -> datetime:
    """A time; a duration counts back from now."""
    return _moment(text, -1)


def _moment(text: str, direction: int) -> datetime:
    try:
        if span := _SPAN.fullmatch(text):
            return datetime.now(UTC) + direction * timedelta(**{_UNITS[span[2]]: int(span[1])})
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        reason = f"{text} is not a time like 2026-01-31T12:00:00Z, a date, or a span like 12h or 90d"
        raise click.BadParameter(reason) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

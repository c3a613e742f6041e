"""Points in time as arguments of commands."""

import re
from datetime import UTC, datetime, timedelta

import click

_SPAN = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class _Moment(click.ParamType[datetime]):
    """A time with an offset, a date (the start of that day in UTC), or a span like 12h or 90d in one direction."""

    name = "when"
    direction = 1

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment; fails with what it may look like."""
        if span := _SPAN.fullmatch(value):
            return datetime.now(UTC) + self.direction * timedelta(**{_UNITS[span[2]]: int(span[1])})
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is not a time like 2026-01-31T12:00:00Z, a date, or a span like 12h or 90d", param, ctx)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class Until(_Moment):
    """A moment; a span counts from now on."""


class Since(_Moment):
    """A moment; a span counts back from now."""

    direction = -1

"""Exceptions in time zones: notes for people, and shorter polling so that phones get new rules in time."""

from datetime import datetime

from provserver.domain.layers import Layer, Resolved
from provserver.domain.mappings import Mapping
from provserver.domain.vendor import Vendor
from provserver.rendering.clocks import Told, told_at
from provserver.rendering.converters import ARGUMENTS
from provserver.rendering.outcomes import Outcome

TIMEZONE = "regional.timezone"
_OFTEN = 60 * 60
"""Seconds between polls before a change, so at most this long a phone shows the wrong time."""


def asking_often(resolved: Resolved, at: datetime) -> Layer | None:
    """A layer that shortens the polling interval if the phone's time zone rules are about to expire; else None."""
    zone, interval = resolved.value(TIMEZONE), resolved.value("provisioning.polling_interval")
    if not resolved.value("provisioning.polling_enabled") or (interval or 0) <= _OFTEN:
        return None
    if not told_at(zone, at).is_due(at):
        return None
    return Layer("timezone", {"provisioning": {"polling_interval": _OFTEN}})


def exception(vendor: Vendor, zone: str, outcome: Outcome, at: datetime) -> Told | None:
    """The rules given temporarily instead of the zone's yearly ones; None if those, or the zone's name, are given."""
    told = told_at(zone, at)
    spelled = any(_tells_rules(mapping, vendor, zone) for mapping in vendor.settings.get(TIMEZONE, ()))
    return told if told.is_exception and spelled and outcome.parameters else None


def told_of(told: Told) -> str:
    """The exception as text."""
    hours, minutes = divmod(abs(told.zone.standard), 60)
    offset = f"UTC{'-' if told.zone.standard < 0 else '+'}{hours:02}:{minutes:02}"
    end = f"{told.ends:%Y-%m-%dT%H:%M:%SZ}"
    return f"told as a fixed offset, {offset}, until {end}: until then the zone does not do what it does every year"


def _tells_rules(mapping: Mapping, vendor: Vendor, zone: str) -> bool:
    """Whether the mapping writes offset or rules. If it writes the zone's name, the phone's own tables apply."""
    if mapping.convert is None or not ARGUMENTS[mapping.convert].by_rules:
        return False
    named = (mapping.arguments.get(argument, ()) for argument in ARGUMENTS[mapping.convert].zone_tables)
    tables = [name for names in named for name in ([names] if isinstance(names, str) else names)]
    return not any(zone in vendor.tables[name] for name in tables)

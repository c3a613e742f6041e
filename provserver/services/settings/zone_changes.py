"""Time zones that do what they do not do every year: what people are told of that, and that phones ask in time."""

from datetime import datetime

from provserver.domain.layers import Layer, Resolved
from provserver.domain.mappings import Mapping
from provserver.domain.vendor import Vendor
from provserver.rendering.clocks import Told, told_at
from provserver.rendering.converters import ARGUMENTS
from provserver.rendering.outcomes import Outcome

TIMEZONE = "regional.timezone"
_OFTEN = 60 * 60
"""Seconds between two polls while a change is near: so long at most a phone then shows the wrong time."""


def asking_often(resolved: Resolved, at: datetime) -> Layer | None:
    """The layer of a phone that must ask soon, because of its clock; None for all others."""
    zone, interval = resolved.value(TIMEZONE), resolved.value("provisioning.polling_interval")
    if not resolved.value("provisioning.polling_enabled") or (interval or 0) <= _OFTEN:
        return None
    if not told_at(zone, at).is_due(at):
        return None
    return Layer("timezone", {"provisioning": {"polling_interval": _OFTEN}})


def exception(vendor: Vendor, zone: str, outcome: Outcome, at: datetime) -> Told | None:
    """What the phone is told instead of its zone's yearly rules; None where it is told those, or the zone's name."""
    told = told_at(zone, at)
    spelled = any(_tells_rules(mapping, vendor, zone) for mapping in vendor.settings.get(TIMEZONE, ()))
    return told if told.is_exception and spelled and outcome.parameters else None


def told_of(told: Told) -> str:
    """Such an exception in words."""
    hours, minutes = divmod(abs(told.zone.standard), 60)
    offset = f"UTC{'-' if told.zone.standard < 0 else '+'}{hours:02}:{minutes:02}"
    end = f"{told.ends:%Y-%m-%dT%H:%M:%SZ}"
    return f"told as a fixed offset, {offset}, until {end}: until then the zone does not do what it does every year"


def _tells_rules(mapping: Mapping, vendor: Vendor, zone: str) -> bool:
    """Whether it spells the zone by offset or rules: where the phone knows the name, its own tables count."""
    if mapping.convert is None or not ARGUMENTS[mapping.convert].by_rules:
        return False
    named = (mapping.arguments.get(argument, ()) for argument in ARGUMENTS[mapping.convert].zone_tables)
    tables = [name for names in named for name in ([names] if isinstance(names, str) else names)]
    return not any(zone in vendor.tables[name] for name in tables)

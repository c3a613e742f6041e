"""What converters can depend on: from data common to all phones, to everything about one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from provserver.domain.mac import Mac
from provserver.rendering.clocks import told_at
from provserver.rendering.timezones import Zone

_KEPT = 1_024  # cached SIP services
_OF_SETTINGS = ("sip.domain", "sip.server", "sip.port", "sip.transport", "sip.outbound_proxy", "sip.backup_server")
_OF_LINES = ("line.domain", "line.server", "server.domain", "server.address")


class Tables(Protocol):
    """The scope of a converter whose result depends only on value and arguments, and not on the phone."""

    @property
    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """The vendor's tables."""


class Clock(Tables, Protocol):
    """The scope of a converter that also depends on the current time zone rules."""

    def zone(self, name: str) -> Zone:
        """The rules to give to phones for an IANA time zone, at this time. `name` must be the converter's value."""


class Service(Protocol):
    """The scope of a converter that depends on nothing but the SIP service of a line, or of a base's server."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings of the service by path: `_OF_SETTINGS`."""

    @property
    def line(self) -> Mapping[str, Any]:
        """Values of the line: `_OF_LINES`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that a converter can use.

    Effective settings by path, values of the line (if any), MAC, and the vendor's tables.

    `at`: the time for which the file is made.
    """

    settings: Mapping[str, Any]
    line: Mapping[str, Any]
    mac: Mac
    tables: Mapping[str, Mapping[str, str]]
    at: datetime

    def zone(self, name: str) -> Zone:
        """The rules to give to phones for an IANA time zone, at this time."""
        return told_at(name, self.at).zone


@dataclass(frozen=True, slots=True)
class ZoneView:
    """A `Clock` for one time zone."""

    told: Zone
    tables: Mapping[str, Mapping[str, str]] = field(compare=False)

    def zone(self, name: str) -> Zone:
        """Its current rules."""
        return self.told


@dataclass(frozen=True, slots=True, eq=False)
class ServiceView:
    """A `Service` with nothing else; equal ones are the same object."""

    settings: Mapping[str, Any]
    line: Mapping[str, Any]


def service_of(settings: Mapping[str, Any], line: Mapping[str, Any]) -> ServiceView:
    """The part of settings and line values that describes the SIP service."""
    return _service(tuple(map(settings.get, _OF_SETTINGS)), tuple(map(line.get, _OF_LINES)))


@lru_cache(maxsize=_KEPT)
def _service(of_settings: tuple[Any, ...], of_line: tuple[Any, ...]) -> ServiceView:
    return ServiceView(_given(_OF_SETTINGS, of_settings), _given(_OF_LINES, of_line))


def _given(names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}

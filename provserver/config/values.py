"""Notations of configuration values: durations, networks, lists, addresses."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from provserver.domain.proofs import PROOFS
from provserver.domain.texts import check_url

_SIP_URI = re.compile(
    r"sips?:(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?(?:;transport=(?:udp|tcp|tls))?", re.IGNORECASE
)
_DATABASE_URL = re.compile(r"sqlite\+aiosqlite:///|(postgresql|cockroachdb)\+asyncpg://")
_TEN_YEARS = 10 * 365 * 86400  # longer times are mistakes, and much longer ones are out of range for dates


def _words(value: Any) -> Any:
    """A list may be given as text separated by commas, as needed in environment variables."""
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _network(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return ip_network(value)
        except ValueError as error:
            raise ValueError(f"is not a network like 192.0.2.0/24: {error}") from None
    return value


def _proof(value: str) -> str:
    if value not in PROOFS:
        raise ValueError(f"{value} is not a proof; known are {', '.join(PROOFS)}")
    return value


def _duration(value: Any) -> Any:
    """Seconds, or a number followed by s, m, h or d."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    if isinstance(value, str) and value[-1:] in units and value[:-1].isdigit():
        return int(value[:-1]) * units[value[-1]]
    if isinstance(value, str) and not value.isdigit():
        raise ValueError("is no time; write seconds, or a number with s, m, h or d like 24h")
    return int(value) if isinstance(value, str) else value


def _public_url(value: Any) -> Any:
    return check_url(value).rstrip("/") if isinstance(value, str) else value


def _sip_uri(value: Any) -> Any:
    if isinstance(value, str) and not _SIP_URI.fullmatch(value):
        raise ValueError("is not a SIP URI like sip:host:port;transport=tcp")
    return value


def _database_url(value: str) -> str:
    if not _DATABASE_URL.match(value):  # not repeated in the error: it may contain a password
        raise ValueError("begins with neither sqlite+aiosqlite:/// nor postgresql+asyncpg://")
    if value.removeprefix("sqlite+aiosqlite:///") in ("", ":memory:"):
        raise ValueError("names no file; in memory no two processes would share it")
    return value


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_words)]
Proofs = Annotated[tuple[Annotated[str, BeforeValidator(_proof)], ...], BeforeValidator(_words), Field(min_length=1)]
Algorithms = Annotated[tuple[Literal["SHA-256", "MD5"], ...], BeforeValidator(_words), Field(min_length=1)]
Seconds = Annotated[int, BeforeValidator(_duration), Field(ge=1, le=_TEN_YEARS)]
SecondsOrNone = Annotated[int, BeforeValidator(_duration), Field(ge=0, le=_TEN_YEARS)]
PortNumber = Annotated[int, Field(ge=0, le=65535)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_words)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
PublicUrl = Annotated[str | None, BeforeValidator(_public_url)]
SipUri = Annotated[str | None, BeforeValidator(_sip_uri)]

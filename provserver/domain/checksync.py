"""Check-sync: what a back end is asked, what it answers, and how a SIP answer reads.

"Check-sync" is a SIP NOTIFY outside any subscription whose `Event` header tells a phone to fetch its configuration
again (RFC 6665 knows no such thing; every vendor does). A back end is a `Notifier`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from provserver.domain.mac import Mac


class LineStatus(StrEnum):
    """What became of one line's NOTIFY."""

    DELIVERED = "delivered"
    """The phone said 2xx. It has not yet fetched anything: the proof is its next request."""
    NOT_REGISTERED = "not_registered"
    """The registrar has no binding for the line."""
    UNREACHABLE = "unreachable"
    """There is a binding, but the phone does not answer (or ignores the event)."""
    ERROR = "error"
    """The phone refuses, or the way to it is broken; `reason` then begins with `proxy:`."""


@dataclass(frozen=True, slots=True)
class Target:
    """One line of one device, and what to tell it.

    `mac` and `source_address` (where the phone was last seen) pick the device among several that share the user.
    `event` is the whole value of the `Event` header, parameters included. `body` and `content_type` are for vendors
    whose phones want one; both or neither.
    """

    line_number: int
    username: str
    domain: str
    auth_username: str | None
    password: str = field(repr=False)
    mac: Mac
    source_address: str | None
    event: str
    body: str | None = None
    content_type: str | None = None

    @property
    def aor(self) -> str:
        """`user@domain`, the address of record."""
        return f"{self.username}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Route:
    """The way to the lines: the operator's `proxy` where set, else the device's own effective SIP settings.

    `proxy` is a SIP URI (`sip:host:port;transport=tcp`); `outbound_proxy` is `host[:port]` or a SIP URI; `transport`
    is udp, tcp or tls and, with `port`, belongs to `server`.
    """

    proxy: str | None = None
    outbound_proxy: str | None = None
    server: str | None = None
    domain: str | None = None
    port: int | None = None
    transport: str | None = None


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What became of one target.

    `sip_status` is the final answer's code, None where there was none. `targeted`: the NOTIFY went to this device
    alone, not to every device of the user.
    """

    line_number: int
    status: LineStatus
    sip_status: int | None
    reason: str | None
    targeted: bool


@dataclass(frozen=True, slots=True)
class Registration:
    """What the registrar knows of one line on this device. Times are aware, UTC; None: not known."""

    registered: bool
    expires_at: datetime | None = None
    last_registered_at: datetime | None = None
    contact: str | None = None


class Notifier(Protocol):
    """A way to reach phones."""

    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        """Notify all targets at once; one outcome each, in their order, within `deadline_seconds`. Never raises."""

    async def registrations(self, targets: Sequence[Target]) -> Mapping[int, Registration] | None:
        """Line number -> registration on this device; None: this back end cannot tell, or not now."""

    async def close(self) -> None:
        """Let go of sockets."""


_NOT_REGISTERED = frozenset({404, 410, 480, 604})
_UNREACHABLE = frozenset({408, 430, 477, 504})


def status_of(code: int) -> LineStatus:
    """How a final SIP status code reads (RFC 3261 section 21; 430 is RFC 5626, 477 a proxy's "cannot send")."""
    if 200 <= code < 300:
        return LineStatus.DELIVERED
    if code in _NOT_REGISTERED:
        return LineStatus.NOT_REGISTERED
    return LineStatus.UNREACHABLE if code in _UNREACHABLE else LineStatus.ERROR

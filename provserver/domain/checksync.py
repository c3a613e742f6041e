"""Check-sync: the interface to the back ends, and the meaning of SIP responses.

Check-sync is an out-of-dialog SIP NOTIFY whose `Event` header tells a phone to fetch its configuration again. It is not
covered by RFC 6665, but implemented by all vendors. A back end is a `Notifier`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from provserver.domain.mac import Mac


class LineStatus(StrEnum):
    """The result of one line's NOTIFY."""

    DELIVERED = "delivered"
    """The phone answered 2xx. This does not prove that it fetches; only its next request does."""
    NOT_REGISTERED = "not_registered"
    """The registrar has no binding for the line."""
    UNREACHABLE = "unreachable"
    """There is a binding, but the phone does not answer, or does not support the event."""
    ERROR = "error"
    """The phone rejected it, or routing failed; in that case `reason` starts with `proxy:`."""


@dataclass(frozen=True, slots=True)
class Target:
    """One line of one device, and the NOTIFY to send.

    `mac` and `source_address` (the phone's last known address) select this device if several share the user. `event` is
    the whole value of the `Event` header, including parameters. `body` and `content_type` are both set or both None.
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
        """The address of record, `user@domain`."""
        return f"{self.username}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach the lines: the operator's `proxy` if set, else the device's own effective SIP settings.

    `proxy` is a SIP URI (`sip:host:port;transport=tcp`); `outbound_proxy` is `host[:port]` or a SIP URI; `transport`
    (udp, tcp or tls) and `port` belong to `server`.
    """

    proxy: str | None = None
    outbound_proxy: str | None = None
    server: str | None = None
    domain: str | None = None
    port: int | None = None
    transport: str | None = None


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """The result for one target.

    `sip_status`: code of the final response, or None. `targeted`: the NOTIFY was sent to this device only, not to every
    device of the user.
    """

    line_number: int
    status: LineStatus
    sip_status: int | None
    reason: str | None
    targeted: bool


@dataclass(frozen=True, slots=True)
class Registration:
    """What the registrar knows about one line on this device. Times are UTC; None means unknown."""

    registered: bool
    expires_at: datetime | None = None
    last_registered_at: datetime | None = None
    contact: str | None = None


class Notifier(Protocol):
    """A check-sync back end."""

    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        """Notify all targets concurrently. Returns one outcome each, in order, within `deadline_seconds`.

        Never raises.
        """

    async def registrations(self, targets: Sequence[Target]) -> Mapping[int, Registration] | None:
        """Registrations on this device by line number. None if this back end cannot tell, at all or right now."""

    async def close(self) -> None:
        """Close connections and sockets."""


_NOT_REGISTERED = frozenset({404, 410, 480, 604})
_UNREACHABLE = frozenset({408, 430, 477, 504})


def status_of(code: int) -> LineStatus:
    """Interpret a final SIP status code (RFC 3261, section 21; 430: RFC 5626; 477: "cannot send", used by proxies)."""
    if 200 <= code < 300:
        return LineStatus.DELIVERED
    if code in _NOT_REGISTERED:
        return LineStatus.NOT_REGISTERED
    return LineStatus.UNREACHABLE if code in _UNREACHABLE else LineStatus.ERROR

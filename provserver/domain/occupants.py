"""Users on lines, reduced to what a phone's file needs."""

from dataclasses import dataclass, field

from provserver.domain.device import Assignment, User


@dataclass(frozen=True, slots=True)
class LinePlace:
    """A line of a device; fields as in `Assignment`."""

    device_id: str
    line_number: int
    account_number: int | None


@dataclass(frozen=True, slots=True)
class LineUser:
    """A user on it; fields as in `User`."""

    id: str
    name: str
    extension: str | None
    sip_username: str
    sip_auth_username: str | None
    sip_domain: str | None
    sip_display_name: str | None
    sip_password: str = field(repr=False)


Place = Assignment | LinePlace
Subscriber = User | LineUser
Assigned = tuple[Place, Subscriber]

"""Line appearances: what the user on a line contributes to a phone's file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provserver.domain.device import Assignment, User


@dataclass(frozen=True, slots=True)
class Line:
    """One line appearance: its number from 1, whose it is, and the values vendor files map as `line.*`."""

    number: int
    user_id: str
    values: Mapping[str, Any]

    @property
    def username(self) -> str:
        """The SIP user name."""
        return str(self.values["line.username"])

    @property
    def display_name(self) -> str:
        """The name sent with calls."""
        return str(self.values["line.display_name"])

    @property
    def label(self) -> str:
        """What the line key shows."""
        return str(self.values["line.label"])


def line_of(assignment: Assignment, user: User, settings: Mapping[str, Any]) -> Line:
    """The line that `assignment` gives `user`, with the SIP service of the effective `settings` (path -> value)."""
    domain = user.sip_domain or settings.get("sip.domain") or settings.get("sip.server")
    values = {
        "line.number": assignment.line_number,
        "line.username": user.sip_username,
        "line.auth_username": user.sip_auth_username or user.sip_username,
        "line.password": user.sip_password,
        "line.domain": domain,
        "line.server": settings.get("sip.server") or domain,
        "line.display_name": user.sip_display_name or user.name,
        "line.label": user.extension or user.sip_username,
    }
    return Line(assignment.line_number, user.id, {path: value for path, value in values.items() if value is not None})

"""Lines to notify, as the tests of every back end need them."""

from typing import Any

from provserver.domain.checksync import Target
from provserver.domain.mac import Mac

MAC = Mac("00041300aa01")
OTHER_MAC = Mac("00041300bb02")


def line(number: int = 1, **changes: Any) -> Target:
    """Line `number`: user 1001 of pbx.test, for the first line."""
    values: dict[str, Any] = {
        "line_number": number,
        "username": str(1000 + number),
        "domain": "pbx.test",
        "auth_username": None,
        "password": "the line's own",
        "mac": MAC,
        "source_address": None,
        "event": "check-sync;reboot=false",
    }
    return Target(**{**values, **changes})


def counted(size: int) -> bytes:
    """Entropy that is none: for texts that must be known beforehand."""
    return bytes(range(size))

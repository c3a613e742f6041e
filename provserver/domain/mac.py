"""MAC addresses: parsing, comparing and formatting.

Internally a MAC is a `Mac`; in the API it is lower case with colons.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from provserver.domain.errors import Invalid

_BARE = re.compile(r"[0-9a-f]{12}")
_WITHOUT_SEPARATORS = str.maketrans("", "", ":.-_")
_SPELLINGS = re.compile(
    r"[0-9A-Fa-f]{12}"
    r"|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}"
    r"|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
    r"|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}"
)


@dataclass(frozen=True, slots=True, order=True)
class Mac:
    """A unicast EUI-48 address. `bare`: its 12 lower-case hexadecimal digits."""

    bare: str

    def __str__(self) -> str:
        return ":".join(self.bare[i : i + 2] for i in range(0, 12, 2))

    @property
    def upper(self) -> str:
        """The 12 digits in upper case."""
        return self.bare.upper()

    def spelled_in(self, name: str) -> str:
        """Fill in {mac}, {MAC} (upper case) and {mac_} (pairs separated by underscores) in a file name."""
        parted = "_".join(self.bare[i : i + 2] for i in range(0, 12, 2))
        return name.replace("{mac}", self.bare).replace("{MAC}", self.upper).replace("{mac_}", parted)


def parse_mac(text: str, field: str = "mac_address") -> Mac:
    """Parse `00:04:13:aa:bb:cc`, `00-04-13-…`, `0004.13aa.bbcc` or `000413AABBCC`.

    Raises `Invalid` naming `field` for anything else, and for multicast, broadcast and all-zero addresses.
    """
    if not _SPELLINGS.fullmatch(text):
        raise _invalid(field, "is not a MAC address; write it like 00:04:13:aa:bb:cc")
    bare = text.translate(_WITHOUT_SEPARATORS).lower()
    if bare == "0" * 12:
        raise _invalid(field, "is the all-zero address")
    if bare == "f" * 12:
        raise _invalid(field, "is the broadcast address")
    if int(bare[:2], 16) & 1:
        raise _invalid(field, "is a multicast address, which no device has")
    return Mac(bare)


@lru_cache(maxsize=4096)
def seen_mac(text: str) -> Mac | None:
    """The MAC in a path, query or User-Agent; None if it is not a valid device address."""
    bare = text.translate(_WITHOUT_SEPARATORS).lower()
    if not _BARE.fullmatch(bare) or bare in ("0" * 12, "f" * 12) or int(bare[:2], 16) & 1:
        return None
    return Mac(bare)


def _invalid(field: str, reason: str) -> Invalid:
    return Invalid(f"{field} {reason}", details={field: reason})

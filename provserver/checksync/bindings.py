"""Selects the bindings of a user that belong to this device. Pure.

A user may be on several devices, and a NOTIFY to all would make all of them reload.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from provserver.domain.checksync import Registration, Target
from provserver.domain.mac import seen_mac

_MAC_LIKE = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{12}|[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5})(?![0-9A-Fa-f])")
_HOST = re.compile(r"sips?:(?:[^@>;]*@)?(?:\[([0-9A-Fa-f:.]+)\]|([^:;>]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Binding:
    """One registered contact. `contact` and `received` are SIP URIs; `handle` is the SIP server's own reference."""

    contact: str
    user_agent: str = ""
    instance: str = ""
    received: str | None = None
    address: str | None = None
    reachable: bool | None = None
    expires_at: datetime | None = None
    registered_at: datetime | None = None
    handle: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def source(self) -> str | None:
        """The address that the REGISTER came from, as far as known."""
        if self.address:
            return self.address
        found = _HOST.search(self.received or self.contact)
        return found and (found[1] or found[2])


@dataclass(frozen=True, slots=True)
class Choice:
    """The bindings to notify. `certain`: they belong to this device and no other."""

    bindings: tuple[Binding, ...]
    certain: bool


def choose(bindings: Sequence[Binding], target: Target) -> Choice:
    """Select by MAC in User-Agent or instance, else by source address, else all that do not name another device's MAC.

    Empty if the user is registered nowhere, or only from other devices.
    """
    own = tuple(binding for binding in bindings if _bears(binding, target.mac.bare))
    if own:
        return Choice(own, certain=True)
    anonymous = tuple(binding for binding in bindings if not _another_mac(binding))
    there = tuple(binding for binding in anonymous if target.source_address and binding.source == target.source_address)
    if there:
        # Devices behind one NAT share an address, and two bindings may be one phone before and after a reboot.
        return Choice(there, certain=len(there) == 1)
    return Choice(anonymous, certain=False)


def registration_of(bindings: Sequence[Binding], target: Target) -> Registration:
    """What is registered for the target: the binding that expires last among its own."""
    own = choose(bindings, target).bindings
    if not own:
        return Registration(registered=False)
    freshest = max(own, key=lambda binding: binding.expires_at.timestamp() if binding.expires_at else 0.0)
    return Registration(
        registered=True,
        expires_at=freshest.expires_at,
        last_registered_at=freshest.registered_at,
        contact=freshest.contact,
    )


def _bears(binding: Binding, mac: str) -> bool:
    spelled = (re.sub(r"[:.-]", "", text).lower() for text in (binding.user_agent, binding.instance))
    return any(mac in text for text in spelled)


def _another_mac(binding: Binding) -> bool:
    """Whether its User-Agent names any MAC; the target's own was checked before."""
    return any(seen_mac(text) for text in _MAC_LIKE.findall(binding.user_agent))

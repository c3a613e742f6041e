"""Which of a user's registrations are this device's. Pure.

The same user may be on several devices, and a NOTIFY to all of them would reload them all.
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
    """One registered contact. `contact` and `received` are SIP URIs; `handle` is what its server addresses it by."""

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
        """The address its REGISTER came from, as well as we know it."""
        if self.address:
            return self.address
        found = _HOST.search(self.received or self.contact)
        return found and (found[1] or found[2])


@dataclass(frozen=True, slots=True)
class Choice:
    """The bindings to notify. `certain`: they are this device's and nobody else's."""

    bindings: tuple[Binding, ...]
    certain: bool


def choose(bindings: Sequence[Binding], target: Target) -> Choice:
    """By MAC in User-Agent or instance, else by source address, else whatever is not another device for sure.

    No binding at all: the user is registered nowhere, or from other devices only.
    """
    own = tuple(binding for binding in bindings if _bears(binding, target.mac.bare))
    if own:
        return Choice(own, certain=True)
    anonymous = tuple(binding for binding in bindings if not _another_mac(binding))
    there = tuple(binding for binding in anonymous if target.source_address and binding.source == target.source_address)
    if there:
        # Behind one NAT several devices share an address; two bindings may also be one phone before and after a reboot.
        return Choice(there, certain=len(there) == 1)
    return Choice(anonymous, certain=False)


def registration_of(bindings: Sequence[Binding], target: Target) -> Registration:
    """What the registrar knows of the target, from all bindings of its user: the freshest of its own."""
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
    """Whether its User-Agent names a MAC at all (the target's own was looked for before)."""
    return any(seen_mac(text) for text in _MAC_LIKE.findall(binding.user_agent))

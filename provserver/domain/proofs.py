"""Which proof lets a phone have its file, if any. Pure: (accepted proofs, device, evidence) -> Verdict.

- `token`: the per-device secret stands in the path.
- `network`: the source address is in a configured network.
- `window`: the device is armed, and the first address it was served to is the only one.
- `open`: knowing the MAC is enough; for closed networks.

Proofs are tried from the strongest to the weakest; any but the window ends the window.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address

from provserver.domain.device import Device

PROOFS = ("token", "network", "window", "open")
"""From the strongest to the weakest."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a request brought. `token_fits`: whether the token is this device's; None without one that is anybody's.

    A token that nobody has counts as none, so that `arm` lets a phone back in that still holds one of yesterday.
    """

    source: str
    at: datetime
    token_fits: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The proof that holds (None: none does) and what serving under it does to the window."""

    proof: str | None
    pins_window: bool = False
    ends_window: bool = False


REFUSED = Verdict(None)


def judge(
    accepted: Collection[str],
    networks: Collection[IPv4Network | IPv6Network],
    device: Device,
    evidence: Evidence,
) -> Verdict:
    """The first proof of `accepted` that holds. Another device's token refuses whatever else holds."""
    if evidence.token_fits is False:
        return REFUSED
    for proof in PROOFS:
        if proof in accepted and _holds(proof, networks, device, evidence):
            if proof == "window":
                return Verdict(proof, pins_window=device.window_address is None)
            return Verdict(proof, ends_window=device.window_until is not None and proof != "open")
    return REFUSED


def _holds(proof: str, networks: Collection[IPv4Network | IPv6Network], device: Device, evidence: Evidence) -> bool:
    match proof:
        case "token":
            return evidence.token_fits is True
        case "network":
            return _is_inside(evidence.source, networks)
        case "window":
            armed = device.window_until is not None and evidence.at < device.window_until
            return armed and device.window_address in (None, evidence.source)
        case _:
            return True


def _is_inside(source: str, networks: Collection[IPv4Network | IPv6Network]) -> bool:
    address = ip_address(source)
    return any(address.version == network.version and address in network for network in networks)

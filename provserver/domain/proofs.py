"""Which proof lets a phone have its file, if any. Pure: (accepted proofs, networks, device, evidence) -> Verdict.

- `certificate`: the client certificate that this phone got in its factory.
- `token`: the device's secret stands in the path.
- `digest`, `basic`: the device's secret answers the challenge of `/d/`.
- `network`: the source address is in a configured network.
- `window`: the device is armed, and the first address it was served to is the only one.
- `open`: knowing the MAC is enough; for closed networks.

Proofs are tried from the strongest to the weakest; any but the window and `open` ends the window.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Literal, get_args

from provserver.domain.device import Device
from provserver.domain.networks import Networks, is_inside

Proof = Literal["certificate", "token", "digest", "basic", "network", "window", "open"]
PROOFS: tuple[Proof, ...] = get_args(Proof)
"""From the strongest to the weakest."""

GUESSABLE = frozenset({"window", "open"})
"""Proofs that somebody can have who only knows, or guesses, a MAC."""

Names = Collection[str]


class Secret(StrEnum):
    """What a secret that a request shows turns out to be."""

    CURRENT = "current"  # the device's own
    PREVIOUS = "previous"  # its own until its phone has shown the one that it was given since
    BURNT = "burnt"  # this phone's once; says nothing any more, for or against it
    UNKNOWN = "unknown"  # nobody's: a guess
    ANOTHERS = "anothers"  # another device's


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a request brought. None: it brought no such thing.

    `certificate`: whether the client certificate is this device's. `challenged`: asked for under `/d/`, where the
    window does not hold, else a phone would never come to answer the challenge.
    """

    source: str
    at: datetime
    certificate: bool | None = None
    token: Secret | None = None
    digest: Secret | None = None
    basic: Secret | None = None
    challenged: bool = False

    @property
    def is_anothers(self) -> bool:
        """Whether it shows that another device asks, which refuses it whatever else holds."""
        return self.certificate is False or Secret.ANOTHERS in (self.token, self.digest, self.basic)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The proof that holds (None: none does) and what serving under it does.

    `ends_overlap`: the phone has shown the secret that it was given last, so the one before is worth nothing from now.
    """

    proof: str | None
    pins_window: bool = False
    ends_window: bool = False
    ends_overlap: bool = False


REFUSED = Verdict(None)


def accepted_proofs(
    general: Collection[str], account: Collection[str] | None, device: Collection[str] | None
) -> list[str]:
    """What counts for a device: the account's list in place of the general one, without what the device leaves out."""
    listed = general if account is None else account
    return [proof for proof in PROOFS if proof in listed and (device is None or proof in device)]


def judge(accepted: Names, networks: Networks, device: Device, evidence: Evidence) -> Verdict:
    """The first proof of `accepted` that holds. What is another device's refuses whatever else holds."""
    if evidence.is_anothers:
        return REFUSED
    for proof in PROOFS:
        if proof in accepted and _holds(proof, networks, device, evidence):
            return _verdict(proof, device, evidence)
    return REFUSED


def why_refused(accepted: Names, device: Device, evidence: Evidence) -> str:
    """Why nothing holds, for whoever looks after the phone."""
    if evidence.is_anothers:
        return "the token is another device's"
    shown = _secrets_shown(accepted, evidence)
    if shown or evidence.challenged or "window" not in accepted:
        return f"no proof: {shown or 'it has shown nothing that is accepted'}"
    if device.window_until is None:
        return "no proof: its window is closed"
    if evidence.at >= device.window_until:
        return f"no proof: its window ended at {device.window_until:%Y-%m-%dT%H:%M:%SZ}"
    if device.window_address in (None, evidence.source):
        return "no proof: its window is not for this address, which came second or asked for too many"
    return f"no proof: its window belongs to {device.window_address}"


def _secrets_shown(accepted: Names, evidence: Evidence) -> str | None:
    """What is wrong with the first secret, or the certificate, that was shown."""
    if evidence.certificate and "certificate" not in accepted:
        return "its certificate is right, but certificate is not accepted"
    for proof, name in (("token", "token"), ("digest", "password"), ("basic", "password")):
        match _shown(proof, evidence):
            case Secret.UNKNOWN:
                return f"its {name} is wrong"
            case Secret.BURNT:
                return f"its {name} was replaced"
            case Secret.CURRENT | Secret.PREVIOUS:
                return f"its {name} is right, but {proof} is not accepted"
    return None


def _verdict(proof: str, device: Device, evidence: Evidence) -> Verdict:
    if proof == "window":
        return Verdict(proof, pins_window=device.window_address is None)
    return Verdict(
        proof,
        ends_window=device.window_until is not None and proof != "open",
        ends_overlap=device.has_two_secrets and _shown(proof, evidence) is Secret.CURRENT,
    )


def _holds(proof: str, networks: Networks, device: Device, evidence: Evidence) -> bool:
    match proof:
        case "certificate":
            return evidence.certificate is True
        case "token" | "digest" | "basic":
            return _shown(proof, evidence) in (Secret.CURRENT, Secret.PREVIOUS)
        case "network":
            return is_inside(ip_address(evidence.source), networks)
        case "window":
            return _is_armed_for(device, evidence)
        case _:
            return True


def _shown(proof: str, evidence: Evidence) -> Secret | None:
    return {"token": evidence.token, "digest": evidence.digest, "basic": evidence.basic}.get(proof)


def _is_armed_for(device: Device, evidence: Evidence) -> bool:
    """A guessed token is refused here as well: whoever guesses is not the phone that has lost everything."""
    if evidence.challenged or evidence.token is Secret.UNKNOWN:
        return False
    armed = device.window_until is not None and evidence.at < device.window_until
    return armed and device.window_address in (None, evidence.source)

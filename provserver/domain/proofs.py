"""Authentication rules: (accepted proofs, networks, device, evidence) -> Verdict. Pure.

- `certificate`: the phone's factory-installed client certificate.
- `token`: the device's secret in the path.
- `digest`, `basic`: the device's secret as password in HTTP authentication under `/d/`.
- `network`: the source address is in a configured network.
- `window`: the device is armed; the first address served is pinned and excludes all others.
- `open`: the MAC alone is enough; for closed networks.

Proofs are checked from strongest to weakest. Success with any except `window` and `open` closes the window.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Literal, get_args

from provserver.domain.device import Device
from provserver.domain.networks import Networks, is_inside
from provserver.domain.refusals import Refusal

Proof = Literal["certificate", "token", "digest", "basic", "network", "window", "open"]
PROOFS: tuple[Proof, ...] = get_args(Proof)
"""All proofs, strongest first."""

GUESSABLE = frozenset({"window", "open"})
"""Proofs that need nothing but a known or guessed MAC."""

Names = Collection[str]


class Secret(StrEnum):
    """What a secret presented by a request turned out to be."""

    CURRENT = "current"  # the device's own
    PREVIOUS = "previous"  # replaced, but valid until the phone has used the new one
    BURNT = "burnt"  # was the device's, no longer valid; proves nothing for or against it
    UNKNOWN = "unknown"  # matches no device
    ANOTHERS = "anothers"  # belongs to another device


@dataclass(frozen=True, slots=True)
class Evidence:
    """The proofs that a request carries; None means absent.

    `certificate`: whether the client certificate is this device's. `challenged`: requested under `/d/`, where the
    window is not accepted, as the phone would otherwise never answer the challenge.
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
        """Whether it proves that another device is asking; that overrides all other proofs."""
        return self.certificate is False or Secret.ANOTHERS in (self.token, self.digest, self.basic)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The proof that succeeded (None: refused), and the effects of serving the file.

    `pins_window`: bind the window to this address. `ends_window`: close the window. `ends_overlap`: the phone has used
    its new secret, so the previous one becomes invalid.
    """

    proof: str | None
    pins_window: bool = False
    ends_window: bool = False
    ends_overlap: bool = False


REFUSED = Verdict(None)


def accepted_proofs(
    general: Collection[str], account: Collection[str] | None, device: Collection[str] | None
) -> list[str]:
    """The proofs accepted for a device: the account's list replaces the platform's; the device's list narrows it."""
    listed = general if account is None else account
    return [proof for proof in PROOFS if proof in listed and (device is None or proof in device)]


def judge(accepted: Names, networks: Networks, device: Device, evidence: Evidence) -> Verdict:
    """Check the proofs in `accepted`, strongest first. Another device's secret or certificate always refuses."""
    if evidence.is_anothers:
        return REFUSED
    for proof in PROOFS:
        if proof in accepted and _holds(proof, networks, device, evidence):
            return _verdict(proof, device, evidence)
    return REFUSED


def why_refused(accepted: Names, device: Device, evidence: Evidence) -> str:
    """Why no proof succeeded, as text for the operator."""
    if evidence.is_anothers:
        return Refusal.TOKEN_OF_ANOTHER.told()
    shown = _secrets_shown(accepted, evidence)
    if shown is None and not evidence.challenged and "window" in accepted:
        shown = _why_no_window(device, evidence)
    return Refusal.NO_PROOF.told(shown or "it has shown nothing that is accepted")


def _why_no_window(device: Device, evidence: Evidence) -> str:
    if device.window_until is None:
        return "its window is closed"
    if evidence.at >= device.window_until:
        return f"its window ended at {device.window_until:%Y-%m-%dT%H:%M:%SZ}"
    if device.window_address in (None, evidence.source):
        return "its window is not for this address, which came second or asked for too many"
    return f"its window belongs to {device.window_address}"


def _secrets_shown(accepted: Names, evidence: Evidence) -> str | None:
    """What is wrong with the first secret or certificate presented."""
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
    """Whether the window accepts this request. One with a wrong token is refused.

    A phone after a factory reset sends none.
    """
    if evidence.challenged or evidence.token is Secret.UNKNOWN:
        return False
    armed = device.window_until is not None and evidence.at < device.window_until
    return armed and device.window_address in (None, evidence.source)

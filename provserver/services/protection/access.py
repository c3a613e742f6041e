"""Which proofs a device may use, and the provisioning URL and credentials written into its file."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from provserver.domain.device import Account, Device
from provserver.domain.networks import Networks
from provserver.domain.proofs import accepted_proofs
from provserver.domain.vendor import Vendor
from provserver.services.settings.masking import MASK


@dataclass(frozen=True, slots=True)
class ProofPolicy:
    """Platform-wide policy: the accepted proofs, and the networks for the proof `network`."""

    proofs: Collection[str]
    networks: Networks = ()

    def accepted_for(self, account: Account, device: Device) -> list[str]:
        """The proofs accepted for this device; see `accepted_proofs`."""
        return accepted_proofs(self.proofs, account.accepted_proofs, device.accepted_proofs)


@dataclass(frozen=True, slots=True)
class Access:
    """How a device authenticates next time, as written into its file.

    `accepted`: proofs accepted for it. `given`: the proof that the file provides (`token`, `digest` or `basic`), or
    None if the phone already has what it needs or nothing can be provided.
    """

    public_url: str
    accepted: tuple[str, ...] = ()
    given: str | None = None
    username: str | None = None
    secret: str | None = field(default=None, repr=False)

    @property
    def folder(self) -> str:
        """The provisioning URL, with a trailing slash."""
        if self.given is None:
            return f"{self.public_url}/"
        return f"{self.public_url}/p/{self.secret}/" if self.given == "token" else f"{self.public_url}/d/"

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that the server itself adds to the device's layers."""
        told = {"url": self.folder}
        if self.given in ("digest", "basic"):
            told |= {"username": self.username or "", "password": self.secret or ""}
        return {"provisioning": told}

    def hidden(self, text: str) -> str:
        """`text` with every occurrence of the secret masked."""
        return text.replace(self.secret, MASK) if self.secret else text

    def masked(self) -> "Access":
        """A copy with the secret masked."""
        return replace(self, secret=MASK if self.secret else None)


def access_of(
    proof_policy: ProofPolicy, account: Account, device: Device, vendor: Vendor, public_url: str, secret: str | None
) -> Access:
    """The access of a device with this secret, whose phone reaches us at `public_url`.

    The token is preferred to credentials: every phone supports it, and it needs one request instead of two.
    """
    accepted = tuple(proof_policy.accepted_for(account, device))
    wanted = (proof for proof in ("token", "digest", "basic") if proof in accepted and proof in vendor.proofs)
    given = next(wanted, None) if secret else None
    username = device.mac.bare if device.mac else None
    return Access(public_url.rstrip("/"), accepted, given, username, secret)

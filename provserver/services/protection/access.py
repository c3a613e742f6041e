"""How a phone comes back: the proofs that count for it, and the folder and credentials that its file gives it."""

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
    """What lets phones in: the proofs that are accepted in general, and the networks that `network` believes."""

    proofs: Collection[str]
    networks: Networks = ()

    def accepted_for(self, account: Account, device: Device) -> list[str]:
        """The proofs that count for a device."""
        return accepted_proofs(self.proofs, account.accepted_proofs, device.accepted_proofs)


@dataclass(frozen=True, slots=True)
class Access:
    """What a device's file tells its phone of the way back.

    `accepted`: the proofs that count; `given`: the one that the file carries, `token`, `digest` or `basic`; None: the
    phone has what it needs, or nothing that could be given.
    """

    public_url: str
    accepted: tuple[str, ...] = ()
    given: str | None = None
    username: str | None = None
    secret: str | None = field(default=None, repr=False)

    @property
    def folder(self) -> str:
        """The provisioning folder, ending in a slash."""
        if self.given is None:
            return f"{self.public_url}/"
        return f"{self.public_url}/p/{self.secret}/" if self.given == "token" else f"{self.public_url}/d/"

    @property
    def settings(self) -> dict[str, Any]:
        """What the server itself says in the layers of the device."""
        told = {"url": self.folder}
        if self.given in ("digest", "basic"):
            told |= {"username": self.username or "", "password": self.secret or ""}
        return {"provisioning": told}

    def hidden(self, text: str) -> str:
        """`text` without the secret, wherever it stands in it."""
        return text.replace(self.secret, MASK) if self.secret else text

    def masked(self) -> "Access":
        """The same with its secret masked."""
        return replace(self, secret=MASK if self.secret else None)


def access_of(
    proof_policy: ProofPolicy, account: Account, device: Device, vendor: Vendor, public_url: str, secret: str | None
) -> Access:
    """The access of a device with this secret, whose phone reaches us at `public_url`.

    The token goes before credentials: every phone can carry it, and it costs one request where they cost two.
    """
    accepted = tuple(proof_policy.accepted_for(account, device))
    wanted = (proof for proof in ("token", "digest", "basic") if proof in accepted and proof in vendor.proofs)
    given = next(wanted, None) if secret else None
    username = device.mac.bare if device.mac else None
    return Access(public_url.rstrip("/"), accepted, given, username, secret)

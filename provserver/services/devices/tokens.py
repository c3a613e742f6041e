"""Changes to who can get a device's file: its secret and its accepted proofs."""

from collections.abc import Collection

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device
from provserver.domain.errors import Conflict, Impossible
from provserver.services import audit
from provserver.services.change import Change
from provserver.services.devices.devices import get
from provserver.store.tokens import replace_token


async def rotate(change: Change, device: Device, *, overlap: bool) -> Device:
    """Give a device a new secret. With `overlap` the old one is valid until the phone has used the new one.

    Raises `Impossible` for a handset, or `Conflict` with code `rotation_pending` if the phone has not used the secret
    of the last rotation yet: with a third one, it would be unknown which of them it has.
    """
    if device.mac is None:
        raise Impossible("a handset has no secret; its base has", code="rotate_the_base")
    if overlap and device.has_two_secrets:
        text = (
            "the phone has not fetched with the token of the last rotation yet; without overlap both are burnt at once"
        )
        raise Conflict(text, code="rotation_pending")
    overlap = overlap and device.token is not None
    await replace_token(change.conn, change.sealer, device.id, change.sources.token(), overlap=overlap)
    await audit.note_device(change, device, "token_rotated", overlap=overlap)
    await audit.record(change, "device.token_rotated", device.id, account_id=device.account_id)
    return await get(change.conn, change.sealer, device.account_id, device.id)


def check_provable(catalogue: Catalogue, device: Device, proofs: Collection[str] | None) -> None:
    """Raise `Impossible` if phones of this vendor support none of `proofs`."""
    vendor = catalogue.dialect_of(device)
    if proofs is None or vendor is None or set(proofs) & set(vendor.proofs):
        return
    reason = f"names no proof that phones of {vendor.name} can carry: {', '.join(vendor.proofs)}"
    raise Impossible(f"accepted_proofs {reason}", code="proof_not_carried", details={"accepted_proofs": reason})

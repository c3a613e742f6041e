"""Numbers of SIP accounts in a base's file for the lines of its handsets."""

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device
from provserver.domain.errors import Conflict
from provserver.services.change import Change
from provserver.services.dect.slots import base_named, facts_of, lowest_free
from provserver.store import assignments, dect


async def next_number(change: Change, catalogue: Catalogue, handset: Device, lines: int) -> int | None:
    """The account number for another line of a handset that has `lines` lines; None without a base.

    The handset's first line gets the number of its slot if free, others the lowest free number. Raises `Conflict` with
    code `handset_full` or `base_full`.
    """
    if handset.base_id is None:
        return None
    await dect.lock_base(change.conn, handset.base_id)
    base = await base_named(change, handset.account_id, handset.base_id, "base_id")
    facts = facts_of(catalogue, base)
    if facts.lines_per_handset is not None and lines >= facts.lines_per_handset:
        raise Conflict(f"a handset on this base takes at most {facts.lines_per_handset} users", code="handset_full")
    used: set[int | None] = {*await dect.account_numbers(change.conn, base.id)}
    number = lowest_free(used)
    slot = handset.slot_number
    if lines == 0 and slot is not None and slot not in used and (facts.lines is None or slot <= facts.lines):
        number = slot
    if facts.lines is not None and number > facts.lines:
        raise Conflict(f"this base takes at most {facts.lines} users", code="base_full")
    return number


async def renumber(change: Change, catalogue: Catalogue, handset: Device) -> None:
    """Assign new account numbers to a handset's lines after it has moved; None without a base.

    Raises `Conflict` like `next_number`.
    """
    lines = await assignments.lines_of(change.conn, change.sealer, handset.id)
    for assignment, _ in lines:
        await assignments.set_account_number(change.conn, assignment.id, None)
    for position, (assignment, _) in enumerate(lines):
        number = await next_number(change, catalogue, handset, position)
        await assignments.set_account_number(change.conn, assignment.id, number)

"""Secrets that change while phones are on their way between the old one and the new one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from provserver.domain.device import Account, Device
from provserver.domain.proofs import Secret
from provserver.store import devices, tokens
from provserver.store.database import Connection, Database
from provserver.store.fetches import find, hash_token
from provserver.store.sealing import Sealer

from .builders import after, device


@dataclass
class Desk:
    """A phone with the token `first`, and another beside it with `anothers`."""

    conn: Connection
    sealer: Sealer
    phone: Device

    async def rotate(self, token: str, **how: Any) -> None:
        await tokens.replace_token(self.conn, self.sealer, self.phone.id, token, **{"overlap": True, **how})

    async def shown(self, token: str) -> Secret | None:
        found = await find(self.conn, self.phone.mac, token)
        assert found.record is None or found.record.device.id == self.phone.id
        return found.token


@pytest.fixture
async def desk(db: Database, sealer: Sealer, acme: Account) -> AsyncIterator[Desk]:
    phone, neighbour = device(acme.id, token="first"), device(acme.id, token="anothers")
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        await devices.insert_device(conn, sealer, neighbour)
        yield Desk(conn, sealer, phone)


async def test_a_token_is_its_phones_anothers_or_nobodys(desk: Desk) -> None:
    assert await desk.shown("first") is Secret.CURRENT
    assert await desk.shown("anothers") is Secret.ANOTHERS
    assert await desk.shown("guessed") is Secret.UNKNOWN


async def test_the_token_of_before_works_until_the_new_one_was_shown(desk: Desk) -> None:
    await desk.rotate("second")
    assert (await desk.shown("first"), await desk.shown("second")) == (Secret.PREVIOUS, Secret.CURRENT)
    stored = await devices.get_device(desk.conn, desk.sealer, desk.phone.account_id, desk.phone.id)
    assert stored is not None
    assert (stored.token, stored.has_two_secrets, stored.revision) == ("second", True, 1)
    await tokens.end_overlap(desk.conn, desk.phone.id, hash_token("second"))
    assert (await desk.shown("first"), await desk.shown("second")) == (Secret.BURNT, Secret.CURRENT)


async def test_a_late_contact_does_not_burn_the_token_that_a_phone_still_needs(desk: Desk) -> None:
    """Its fetch was with `second`; by the time it is recorded `third` is there, which the phone has not seen."""
    await desk.rotate("second")
    await tokens.end_overlap(desk.conn, desk.phone.id, hash_token("second"))
    await desk.rotate("third")
    await tokens.end_overlap(desk.conn, desk.phone.id, hash_token("second"))
    assert (await desk.shown("second"), await desk.shown("third")) == (Secret.PREVIOUS, Secret.CURRENT)


async def test_a_token_that_has_leaked_is_burnt_at_once(desk: Desk) -> None:
    await desk.rotate("second")
    await desk.rotate("third", overlap=False)
    assert [await desk.shown(token) for token in ("first", "second", "third")] == [
        Secret.BURNT,
        Secret.BURNT,
        Secret.CURRENT,
    ]


async def test_a_deleted_device_burns_its_token_for_its_mac_alone(desk: Desk) -> None:
    """The same phone in another account: what it still holds opens nothing, and is no guess either."""
    await devices.delete_device(desk.conn, desk.phone.account_id, desk.phone.id, at=after(1))
    assert (await find(desk.conn, desk.phone.mac, "first")).record is None
    again = device(desk.phone.account_id, mac=desk.phone.mac, token="new")
    await devices.insert_device(desk.conn, desk.sealer, again)
    found = await find(desk.conn, desk.phone.mac, "first")
    assert (found.record and found.record.device.id, found.token) == (again.id, Secret.BURNT)
    elsewhere = device(desk.phone.account_id, token="other")
    await devices.insert_device(desk.conn, desk.sealer, elsewhere)
    assert (await find(desk.conn, elsewhere.mac, "first")).token is Secret.UNKNOWN

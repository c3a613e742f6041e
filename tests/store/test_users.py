from dataclasses import replace

import pytest

from provserver.domain.device import Account, DeviceType
from provserver.domain.errors import Conflict
from provserver.store import assignments, devices, users
from provserver.store.database import Database
from provserver.store.pages import PageRequest
from provserver.store.sealing import Sealer

from .builders import after, assignment, device, handset, user


async def test_a_user_comes_back_as_stored_with_the_password_opened(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    full = user(
        acme.id,
        email="jane@example.com",
        extension="100",
        sip_domain="pbx.example",
        sip_auth_username="auth",
        sip_display_name="Jané",
        sip_password="p&ss;wörd",
    )
    async with db.write() as conn:
        await users.insert_user(conn, sealer, full)
        assert await users.get_user(conn, sealer, acme.id, full.id) == full


async def test_a_user_of_another_account_is_not_there(
    db: Database, sealer: Sealer, acme: Account, other: Account
) -> None:
    jane = user(acme.id)
    async with db.write() as conn:
        await users.insert_user(conn, sealer, jane)
        assert await users.get_user(conn, sealer, other.id, jane.id) is None
        assert await users.update_user(conn, sealer, other.id, jane.id, at=after(1), name="x") is None
        assert not await users.delete_user(conn, other.id, jane.id, at=after(1))
        assert await users.get_user(conn, sealer, acme.id, jane.id) == jane


@pytest.mark.parametrize("domain", [None, "pbx.example"])
async def test_a_sip_user_name_is_unique_per_domain_also_without_a_domain(
    db: Database, sealer: Sealer, acme: Account, other: Account, domain: str | None
) -> None:
    first = user(acme.id, sip_username="jane", sip_domain=domain)
    async with db.write() as conn:
        await users.insert_user(conn, sealer, first)
        await users.insert_user(conn, sealer, user(other.id, sip_username="jane", sip_domain=domain))
        await users.insert_user(conn, sealer, user(acme.id, sip_username="jane", sip_domain="elsewhere.example"))
        with pytest.raises(Conflict) as caught:
            await users.insert_user(conn, sealer, user(acme.id, sip_username="jane", sip_domain=domain))
    assert caught.value.code == "sip_username_taken"
    assert set(caught.value.details) == {"sip.username"}


async def test_an_extension_is_unique_per_account_and_any_number_have_none(
    db: Database, sealer: Sealer, acme: Account, other: Account
) -> None:
    rival = user(acme.id)
    async with db.write() as conn:
        for each in (user(acme.id, extension="100"), user(other.id, extension="100"), rival, user(acme.id)):
            await users.insert_user(conn, sealer, each)
        with pytest.raises(Conflict) as caught:
            await users.update_user(conn, sealer, acme.id, rival.id, at=after(1), extension="100")
    assert caught.value.code == "extension_taken"


async def test_a_changed_user_makes_every_file_with_the_user_stale(db: Database, sealer: Sealer, acme: Account) -> None:
    jane, phone, idle = user(acme.id), device(acme.id), device(acme.id)
    base = device(acme.id, type=DeviceType.DECT_BASE)
    cordless = handset(base)
    async with db.write() as conn:
        await users.insert_user(conn, sealer, jane)
        for each in (phone, idle, base, cordless):
            await devices.insert_device(conn, sealer, each)
        for each in (phone, cordless):
            await assignments.insert_assignment(conn, assignment(each, jane))
        before = [await devices.get_device(conn, sealer, acme.id, each.id) for each in (phone, cordless, base, idle)]
        changed = await users.update_user(
            conn, sealer, acme.id, jane.id, at=after(1), sip_password="new", sip_domain="b.example"
        )
        later = [await devices.get_device(conn, sealer, acme.id, each.id) for each in (phone, cordless, base, idle)]
    assert changed == replace(jane, sip_password="new", sip_domain="b.example", updated_at=after(1))
    assert [b.revision - a.revision for a, b in zip(before, later, strict=True) if a and b] == [1, 1, 1, 0]


async def test_a_deleted_user_is_off_every_device(db: Database, sealer: Sealer, acme: Account) -> None:
    jane, phone = user(acme.id), device(acme.id)
    async with db.write() as conn:
        await users.insert_user(conn, sealer, jane)
        await devices.insert_device(conn, sealer, phone)
        await assignments.insert_assignment(conn, assignment(phone, jane))
        assert await users.delete_user(conn, acme.id, jane.id, at=after(1))
        assert await assignments.lines_of(conn, sealer, phone.id) == []
        stored = await devices.get_device(conn, sealer, acme.id, phone.id)
    assert stored is not None
    assert stored.revision == 2


async def test_users_are_found_by_the_beginnings_of_what_they_show(
    db: Database, sealer: Sealer, acme: Account, other: Account
) -> None:
    jane = user(acme.id, name="Jane Doe", extension="1001", email="jane.doe@example.com")
    john = user(acme.id, name="John Roe", sip_display_name="Zentrale")
    async with db.write() as conn:
        for each in (jane, john, user(other.id, name="Jane Doe")):
            await users.insert_user(conn, sealer, each)

        async def found(query: str) -> list[str]:
            page = await users.list_users(conn, sealer, acme.id, PageRequest(), search=query)
            return [each.id for each in page.items]

        assert await found("jan") == [jane.id]
        assert await found("j") == [john.id, jane.id]
        assert await found("DOE, j") == [jane.id]
        assert await found("1001") == [jane.id]
        assert await found("jane.doe@example.com") == [jane.id]
        assert await found(john.id) == [john.id]
        assert await found("zentral") == [john.id]
        assert await found("ohn") == []
        assert await found(" ") == [john.id, jane.id]
        await users.update_user(conn, sealer, acme.id, jane.id, at=after(1), name="Mary")
        assert await found("mary") == [jane.id]
        assert (await users.list_users(conn, sealer, acme.id, PageRequest())).items[0] == john

import pytest

from provserver.domain.device import Account
from provserver.domain.errors import Conflict, Contended
from provserver.store import assignments, devices, users
from provserver.store.database import Database
from provserver.store.sealing import Sealer

from .builders import after, assignment, device, user


async def test_lines_come_by_number_with_their_users(db: Database, sealer: Sealer, acme: Account) -> None:
    phone, empty = device(acme.id), device(acme.id)
    people = [user(acme.id) for _ in range(3)]
    async with db.write() as conn:
        for each in (phone, empty):
            await devices.insert_device(conn, sealer, each)
        lines = []
        for number, who in zip((3, 1, 2), people, strict=True):
            await users.insert_user(conn, sealer, who)
            line = assignment(phone, who, number)
            await assignments.insert_assignment(conn, line)
            lines.append((line, who))
        expected = sorted(lines, key=lambda each: each[0].line_number)
        assert await assignments.lines_of(conn, sealer, phone.id) == expected
        many = await assignments.lines_of_devices(conn, sealer, [phone.id, empty.id])
        assert many == {phone.id: expected, empty.id: []}
        assert await assignments.devices_of_user(conn, people[0].id) == [phone.id]


async def test_other_lines_keep_their_numbers_when_one_goes(db: Database, sealer: Sealer, acme: Account) -> None:
    phone, people = device(acme.id), [user(acme.id) for _ in range(3)]
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        for number, who in enumerate(people, start=1):
            await users.insert_user(conn, sealer, who)
            await assignments.insert_assignment(conn, assignment(phone, who, number))
        assert await assignments.remove_assignment(conn, phone.id, people[1].id, at=after(1))
        assert await assignments.line_numbers(conn, phone.id) == [1, 3]
        assert not await assignments.remove_assignment(conn, phone.id, people[1].id, at=after(1))
        stored = await devices.get_device(conn, sealer, acme.id, phone.id)
    assert stored is not None
    assert stored.revision == 4


async def test_a_user_or_a_line_twice_on_one_device_is_refused(db: Database, sealer: Sealer, acme: Account) -> None:
    phone, jane, john = device(acme.id), user(acme.id), user(acme.id)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        for who in (jane, john):
            await users.insert_user(conn, sealer, who)
        await assignments.insert_assignment(conn, assignment(phone, jane, 1))
        with pytest.raises(Conflict, match="is on this device already"):
            async with conn.begin_nested():
                await assignments.insert_assignment(conn, assignment(phone, jane, 2))
        with pytest.raises(Contended):
            async with conn.begin_nested():
                await assignments.insert_assignment(conn, assignment(phone, john, 1))


async def test_a_user_that_was_deleted_meanwhile_is_a_conflict(db: Database, sealer: Sealer, acme: Account) -> None:
    phone = device(acme.id)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        with pytest.raises(Conflict):
            await assignments.insert_assignment(conn, assignment(phone, user(acme.id)))

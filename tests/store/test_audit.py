from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from provserver.store.audit import AuditEntry, AuditFilter, insert_audit, list_audit
from provserver.store.database import Database
from provserver.store.pages import PageRequest

from .builders import START, after, identifier


def _entry(account_id: str | None, action: str) -> AuditEntry:
    return AuditEntry(
        id=identifier("aud", START),
        account_id=account_id,
        key_id="key_1",
        created_at=START,
        action=action,
        resource_id="dev_1",
        before=None,
        after={"name": "x"},
    )


async def test_an_account_sees_its_own_changes_newest_first_and_the_platform_all(db: Database) -> None:
    entries = [
        _entry("acct_1", "create"),
        _entry("acct_2", "create"),
        _entry("acct_1", "delete"),
        _entry(None, "create"),
    ]
    async with db.write() as conn:
        for entry in entries:
            await insert_audit(conn, entry)
        assert (await list_audit(conn, PageRequest(), AuditFilter(account_id="acct_1"))).items == [
            entries[2],
            entries[0],
        ]
        assert (await list_audit(conn, PageRequest(), AuditFilter())).items == entries[::-1]


async def test_entries_are_found_by_key_resource_action_and_time(db: Database) -> None:
    """After an incident: everything that one key did, or that was done to one device, in those hours."""
    plain = _entry("acct_1", "device.created")
    entries = [
        plain,
        replace(plain, id=identifier("aud", START), key_id="key_2"),
        replace(plain, id=identifier("aud", START), resource_id="dev_2"),
        replace(plain, id=identifier("aud", START), action="device.deleted"),
        replace(plain, id=identifier("aud", after(60)), created_at=after(60)),
    ]
    async with db.write() as conn:
        for entry in entries:
            await insert_audit(conn, entry)

        async def found(**conditions: Any) -> list[AuditEntry]:
            return (await list_audit(conn, PageRequest(), AuditFilter(**conditions))).items

        assert await found(key_id="key_2") == [entries[1]]
        assert await found(resource_id="dev_2") == [entries[2]]
        assert await found(action="device.deleted") == [entries[3]]
        assert await found(since=after(60)) == [entries[4]]
        assert entries[4] not in await found(until=after(60))


async def test_a_page_of_a_large_log_looks_at_few_entries_and_the_next_goes_on(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two filters that each let most of a million entries through, and a time long ago: no page may take long."""
    monkeypatch.setattr("provserver.store.pages.MOST_LOOKED_AT", 4)
    monkeypatch.setattr("provserver.store.audit.MOST_LOOKED_AT", 4)
    entries = [
        replace(
            _entry("acct_1", ("device.created", "device.updated")[number % 2]),
            id=identifier("aud", after(number * 3600)),
            created_at=after(number * 3600),
            key_id=f"key_{number // 10}",
        )
        for number in range(40)
    ]
    async with db.write() as conn:
        for entry in entries:
            await insert_audit(conn, entry)

        async def pages(**conditions: Any) -> list[list[int]]:
            found, cursor = [], None
            while True:
                page = await list_audit(conn, PageRequest(2, cursor), AuditFilter(**conditions))
                found.append([entries.index(entry) for entry in page.items])
                cursor = page.next_cursor
                if cursor is None:
                    return found

        both = await pages(key_id="key_1", action="device.updated")
        assert flat(both) == [19, 17, 15, 13, 11]
        assert flat(await pages(key_id="key_1", action="device.deleted")) == []
        excluding = await pages(key_id="key_1", action="device.created", account_id="acct_1")
        assert flat(excluding) == [18, 16, 14, 12, 10]
        old: dict[str, Any] = {"since": after(4 * 3600), "until": after(8 * 3600)}
        assert flat(await pages(**old)) == [7, 6, 5, 4]
        assert flat(await pages(**old, action="device.created", key_id="key_0")) == [6, 4]
        page = await list_audit(conn, PageRequest(3), AuditFilter(**old))
        second = await list_audit(conn, PageRequest(3, page.next_cursor), AuditFilter(**old))
        assert second.previous_cursor
        back = await list_audit(conn, PageRequest(3, second.previous_cursor), AuditFilter(**old))
        assert [entries.index(entry) for entry in back.items] == [entries.index(entry) for entry in page.items]


def flat(pages: list[list[int]]) -> list[int]:
    return [number for page in pages for number in page]


async def test_times_before_and_after_all_ids_are_times_too(db: Database) -> None:
    entry = _entry("acct_1", "device.created")
    async with db.write() as conn:
        await insert_audit(conn, entry)
        always = AuditFilter(since=datetime.min.replace(tzinfo=UTC), until=datetime.max.replace(tzinfo=UTC))
        assert (await list_audit(conn, PageRequest(), always)).items == [entry]

from dataclasses import replace
from typing import Any

from provserver.store.audit import AuditEntry, AuditFilter, insert_audit, list_audit
from provserver.store.database import Database
from provserver.store.pages import PageRequest

from .builders import START, after, identifier


def _entry(account_id: str | None, action: str) -> AuditEntry:
    return AuditEntry(
        id=identifier("aud"),
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
        replace(plain, id=identifier("aud"), key_id="key_2"),
        replace(plain, id=identifier("aud"), resource_id="dev_2"),
        replace(plain, id=identifier("aud"), action="device.deleted"),
        replace(plain, id=identifier("aud"), created_at=after(60)),
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

from provserver.store.audit import AuditEntry, insert_audit, list_audit
from provserver.store.database import Database
from provserver.store.pages import PageRequest

from .builders import START, identifier


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
        assert (await list_audit(conn, PageRequest(), account_id="acct_1")).items == [entries[2], entries[0]]
        assert (await list_audit(conn, PageRequest())).items == entries[::-1]

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.device import Account, DeviceStatus
from provserver.domain.errors import Conflict
from provserver.store import accounts, assignments, devices, events, keys, layers, usage, users
from provserver.store.database import Database
from provserver.store.schema import metadata
from provserver.store.sealing import Sealer

from .builders import account, after, api_key, assignment, device, event, user


async def test_an_account_comes_back_as_it_was_stored(db: Database) -> None:
    full = account(name="Ünïcode & Söhne", region="eu", timezone="Europe/Berlin", status="suspended")
    async with db.write() as conn:
        await accounts.insert_account(conn, full)
        assert await accounts.get_account(conn, full.id) == full
        assert await accounts.get_account(conn, "acct_none") is None
        with pytest.raises(Conflict):
            await accounts.insert_account(conn, full)


@pytest.mark.parametrize(
    ("changes", "raised"),
    [({"name": "New"}, 1), ({"timezone": "UTC"}, 1), ({"region": "us"}, 1), ({"status": "suspended"}, 0), ({}, 0)],
)
async def test_what_reaches_files_raises_the_revision_of_the_account(
    db: Database, acme: Account, changes: dict[str, Any], raised: int
) -> None:
    async with db.write() as conn:
        changed = await accounts.update_account(conn, acme.id, at=after(5), **changes)
    assert changed is not None
    assert (changed.revision, changed.updated_at) == (acme.revision + raised, after(5))
    assert {name: getattr(changed, name) for name in changes} == changes


async def test_changing_or_deleting_an_account_that_is_not_there_says_so(db: Database) -> None:
    async with db.write() as conn:
        assert await accounts.update_account(conn, "acct_none", at=after(1), name="x") is None
        assert not await accounts.delete_account(conn, "acct_none", at=after(1))


async def test_a_deleted_account_leaves_only_its_usage_and_nothing_of_others_goes(
    db: Database, sealer: Sealer, acme: Account, other: Account
) -> None:
    async with db.write() as conn:
        for owner in (acme, other):
            phone, who = device(owner.id, status=DeviceStatus.PROVISIONED), user(owner.id)
            await devices.insert_device(conn, sealer, phone)
            await users.insert_user(conn, sealer, who)
            await assignments.insert_assignment(conn, assignment(phone, who))
            await events.insert_events(conn, [event(phone)])
            await keys.insert_key(conn, api_key(account_id=owner.id), f"hash of {owner.id}")
            for layer in (owner.id, phone.id):
                await layers.write_layer(conn, sealer, layer, {"abstractions": {}}, at=after(1))
        both = await _counts(conn)
        assert await accounts.delete_account(conn, acme.id, at=after(60))
        one = await _counts(conn)
        assert one == {name: count // 2 for name, count in both.items()}
        assert await usage.usage(conn, acme.id, after(0), after(10)) == [(acme.id, 1)]
        assert await usage.usage(conn, acme.id, after(61), after(90)) == []


async def _counts(conn: AsyncConnection) -> dict[str, int]:
    """How many rows each of the tables has that are filled here."""
    filled = "accounts api_keys users devices assignments settings_layers events search_terms user_terms"
    asked = {name: select(func.count()).select_from(metadata.tables[name]) for name in filled.split()}
    return {name: (await conn.execute(question)).scalar_one() for name, question in asked.items()}

import pytest

from provserver.domain.device import Account
from provserver.domain.errors import Conflict
from provserver.store import keys
from provserver.store.database import Database
from provserver.store.pages import PageRequest

from .builders import after, api_key


async def test_a_key_is_found_by_its_hash_alone(db: Database, acme: Account) -> None:
    key = api_key(account_id=acme.id, read_only=True, expires_at=after(9))
    async with db.write() as conn:
        await keys.insert_key(conn, key, "a hash")
        assert await keys.find_key_by_hash(conn, "a hash") == key
        assert await keys.find_key_by_hash(conn, "another") is None
        assert await keys.get_key(conn, key.id) == key
        with pytest.raises(Conflict):
            await keys.insert_key(conn, api_key(), "a hash")


async def test_a_key_of_an_account_that_is_gone_is_refused(db: Database) -> None:
    async with db.write() as conn:
        with pytest.raises(Conflict):
            await keys.insert_key(conn, api_key(account_id="acct_gone"), "a hash")


async def test_a_revoked_key_stays_listed_with_its_first_date(db: Database) -> None:
    key = api_key()
    async with db.write() as conn:
        await keys.insert_key(conn, key, "a hash")
        assert await keys.platform_key_exists(conn)
        assert await keys.revoke_key(conn, key.id, at=after(1))
        assert await keys.revoke_key(conn, key.id, at=after(2))
        assert not await keys.revoke_key(conn, "key_none", at=after(3))
        (listed,) = (await keys.list_keys(conn, PageRequest())).items
        assert not await keys.platform_key_exists(conn)
    assert listed.revoked_at == after(1)


async def test_an_account_lists_its_own_keys_only(db: Database, acme: Account, other: Account) -> None:
    mine, theirs, platform = api_key(account_id=acme.id), api_key(account_id=other.id), api_key()
    async with db.write() as conn:
        for key in (mine, theirs, platform):
            await keys.insert_key(conn, key, key.id)
        assert (await keys.list_keys(conn, PageRequest(), account_id=acme.id)).items == [mine]
        assert (await keys.list_keys(conn, PageRequest())).items == [platform, theirs, mine]


async def test_the_last_use_of_a_key_never_goes_back(db: Database) -> None:
    key = api_key()
    async with db.write() as conn:
        await keys.insert_key(conn, key, "a hash")
        for seconds in (5, 9, 7):
            await keys.touch_key(conn, key.id, at=after(seconds))
        stored = await keys.get_key(conn, key.id)
    assert stored is not None
    assert stored.last_used_at == after(9)

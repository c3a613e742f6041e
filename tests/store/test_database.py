import asyncio
import stat
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from provserver.domain.device import Account
from provserver.domain.errors import BadConfiguration, Contended, StoreUnavailable
from provserver.store import postgresql
from provserver.store.accounts import get_account, insert_account
from provserver.store.database import Connection, Database, _options, _outages_named
from provserver.store.postgresql import Limits
from provserver.store.revisions import bump_account
from provserver.store.sealing import Sealer
from provserver.store.sqlite import prepare
from tests.patience import PATIENT

from .builders import account
from .conftest import only_postgresql, only_sqlite


async def test_a_write_is_seen_by_the_next_read(db: Database, acme: Account) -> None:
    async with db.read() as conn:
        assert await get_account(conn, acme.id) == acme


async def test_a_failed_write_leaves_nothing_behind(db: Database) -> None:
    half = account()

    async def fail_halfway() -> None:
        async with db.write() as conn:
            await insert_account(conn, half)
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        await fail_halfway()
    async with db.read() as conn:
        assert await get_account(conn, half.id) is None


async def test_a_cancelled_write_is_undone_and_lets_the_next_one_through(db: Database) -> None:
    half, whole, written = account(), account(), asyncio.Event()

    async def writer() -> None:
        async with db.write() as conn:
            await insert_account(conn, half)
            written.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(writer())
    await written.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with db.write() as conn:
        await insert_account(conn, whole)
    async with db.read() as conn:
        assert [await get_account(conn, each.id) for each in (half, whole)] == [None, whole]


_OTHER_PROCESS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(*(name for name, in connection.execute("SELECT name FROM accounts ORDER BY id")))
connection.close()
"""


@only_sqlite
async def test_another_process_that_comes_and_goes_takes_no_write_away(db: Database, tmp_path: Path) -> None:
    """The command line works on the database of a running server; what the server writes afterwards must stay."""

    async def of_another_process() -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _OTHER_PROCESS, str(tmp_path / "provserver.db"), stdout=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[0].decode()

    async with db.read() as one, db.read() as two:  # a second connection is opened while the first is there
        for conn in (one, two):
            await conn.execute(text("SELECT 1"))
    await of_another_process()
    async with db.write() as conn:
        await insert_account(conn, account(name="Written afterwards"))
    assert "Written afterwards" in await of_another_process()


async def test_a_reader_sees_one_state_while_others_write(db: Database, acme: Account) -> None:
    async with db.read() as conn:
        before = await get_account(conn, acme.id)
        async with db.write() as writing:
            await bump_account(writing, acme.id)
        assert await get_account(conn, acme.id) == before


async def test_two_processes_that_write_at_once_wait_for_each_other(db: Database, acme: Account) -> None:
    another = Database.open(str(db.engine.url), db.sealer, PATIENT)

    async def read_and_bump(conn: Connection) -> None:
        assert await get_account(conn, acme.id)  # reads first: what a lazy transaction would stumble over
        await bump_account(conn, acme.id)

    async def bump_often(database: Database) -> None:
        for _ in range(25):
            await database.settle(read_and_bump)

    await asyncio.gather(*(bump_often(database) for database in (db, another, db, another)))
    async with db.read() as conn:
        stored = await get_account(conn, acme.id)
    await another.close()
    assert stored is not None
    assert stored.revision == 100


async def test_more_readers_than_connections_all_get_their_turn(db: Database, acme: Account) -> None:
    async def read() -> Account | None:
        async with db.read() as conn:
            return await get_account(conn, acme.id)

    assert await asyncio.gather(*(read() for _ in range(50))) == [acme] * 50


@only_sqlite
async def test_a_locked_database_is_an_outage_after_the_busy_timeout(db: Database, acme: Account) -> None:
    impatient = Database.open(str(db.engine.url), db.sealer, Limits(wait=0.05))
    async with db.write() as conn:
        await bump_account(conn, acme.id)
        with pytest.raises(StoreUnavailable, match="locked"):
            async with impatient.write():
                pass
    await impatient.close()


@only_sqlite
async def test_writers_behind_one_that_waits_in_vain_give_up_with_it(db: Database, acme: Account) -> None:
    """Each would wait as long again: of a hundred phones that boot the last would hear from us after minutes."""
    impatient = Database.open(str(db.engine.url), db.sealer, Limits(wait=1))

    async def write() -> None:
        async with impatient.write():
            pass

    await write()
    async with db.write() as conn:
        await bump_account(conn, acme.id)
        began = time.monotonic()
        told = await asyncio.gather(*(write() for _ in range(20)), return_exceptions=True)
        assert {type(one) for one in told} == {StoreUnavailable}
        assert time.monotonic() - began < 18, "not a second for each of the twenty"
    await write()
    await impatient.close()


async def test_no_free_connection_is_an_outage(db: Database) -> None:
    narrow = Database.open(str(db.engine.url), db.sealer, Limits(wait=0.05, connections=1))
    async with narrow.read() as conn:
        await conn.execute(text("SELECT 1"))
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await narrow.ping()
    await narrow.close()


async def test_a_folder_that_is_not_there_is_an_outage(tmp_path: Path, sealer: Sealer) -> None:
    nowhere = Database.open(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.db", sealer)
    with pytest.raises(StoreUnavailable, match="No such file"):
        await nowhere.ping()
    await nowhere.close()


async def test_a_file_that_is_no_database_is_an_outage(tmp_path: Path, sealer: Sealer) -> None:
    (tmp_path / "text.db").write_text("not a database " * 100)
    broken = Database.open(f"sqlite+aiosqlite:///{tmp_path}/text.db", sealer)
    with pytest.raises(StoreUnavailable):
        await broken.ping()
    await broken.close()


@only_sqlite
async def test_a_full_disk_is_an_outage_and_not_a_crash(db: Database) -> None:
    async def fill() -> None:
        async with db.write() as conn:
            pages = (await conn.exec_driver_sql("PRAGMA page_count")).scalar_one()
            await conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            for _ in range(1000):
                await insert_account(conn, account(name="x" * 1000))

    with pytest.raises(StoreUnavailable, match="full"):
        await fill()


@only_sqlite
async def test_a_connection_in_use_while_the_database_is_closed_is_closed_after_its_use(db: Database) -> None:
    """Otherwise it would stay open until the garbage collector finds it, or until the process ends."""
    async with db.read() as conn:
        await conn.execute(text("SELECT 1"))
        driver: Any = (await conn.get_raw_connection()).driver_connection
        await db.close()
    async with asyncio.timeout(60):
        while driver._connection is not None:  # noqa: ASYNC110 - closed in its thread, nothing tells of it
            await asyncio.sleep(0.01)


async def test_a_mistake_in_a_statement_is_not_an_outage() -> None:
    with pytest.raises(ProgrammingError), _outages_named("provserver", (OSError,)):
        raise ProgrammingError("SELECT", None, Exception("syntax"))
    with pytest.raises(StoreUnavailable), _outages_named("provserver", (OSError,)):
        raise ProgrammingError("SELECT", None, Exception("gone"), connection_invalidated=True)


async def test_a_broken_constraint_reaches_the_caller(db: Database, acme: Account) -> None:
    with pytest.raises(IntegrityError):
        async with db.write() as conn:
            await conn.execute(text(f"INSERT INTO accounts SELECT * FROM accounts WHERE id = '{acme.id}'"))  # noqa: S608


@only_sqlite
async def test_commits_survive_a_power_cut_and_readers_do_not_block_writers(db: Database) -> None:
    async with db.write() as conn:
        pragmas = [
            (await conn.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("synchronous", "journal_mode", "foreign_keys", "busy_timeout")
        ]
    assert pragmas == [2, "wal", 1, PATIENT.wait * 1000]


@only_sqlite
async def test_each_connection_keeps_half_a_megabyte_of_pages_at_most(db: Database) -> None:
    """A process has up to fifteen of them, so SQLite's usual two megabytes each would be a tenth of its memory."""
    kept = []
    for transaction in (db.read, db.write):
        async with transaction() as conn:
            kept.append((await conn.exec_driver_sql("PRAGMA cache_size")).scalar_one())
    looked = [await look(lambda conn: conn.scalar(text("PRAGMA cache_size"))) for look in (db.look, db.look_up)]
    assert [*kept, *looked] == [-512] * 4


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def _modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.glob("provserver.db*")}


async def test_other_users_of_the_machine_cannot_read_the_database(
    sqlite_url: str, sealer: Sealer, tmp_path: Path
) -> None:
    db = Database.open(sqlite_url, sealer)
    async with db.write() as conn:
        await conn.execute(text("CREATE TABLE anything (id)"))
        assert _modes(tmp_path) == {0o600}
    await db.close()


async def test_parameters_of_a_failed_statement_stay_out_of_logs(db: Database, acme: Account) -> None:
    with pytest.raises(IntegrityError) as caught:
        async with db.write() as conn:
            await conn.execute(text("INSERT INTO accounts (id, name) VALUES (:id, 'secret')"), {"id": "marked-value"})
    assert "marked-value" not in str(caught.value)


async def test_an_in_memory_database_makes_no_file(
    sealer: Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = create_async_engine("sqlite+aiosqlite:///:memory:")
    prepare(engine.sync_engine, busy_timeout=1)
    memory = Database(engine, sealer)
    await memory.ping()
    await memory.close()
    assert _names(tmp_path) == {"secret.key"}


def test_postgresql_reads_one_state_too() -> None:
    assert _options("postgresql")[0] == {"isolation_level": "REPEATABLE READ"}
    assert _options("cockroachdb")[0] == {}


@only_sqlite
async def test_another_process_that_comes_and_goes_leaves_the_log_to_those_who_write(
    db: Database, tmp_path: Path
) -> None:
    """A command beside the server that thinks itself alone would take the log along, and break the database."""
    async with db.write() as conn:
        await insert_account(conn, account(name="Before"))
        async with db.read() as first, db.read() as second:  # connections that are opened while others hold locks
            await first.execute(text("SELECT 1"))
            await second.execute(text("SELECT 1"))
    look = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT 1 FROM accounts'); db.close()"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", look, str(tmp_path / "provserver.db"))
    assert await process.wait() == 0
    assert (tmp_path / "provserver.db-wal").exists()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("db1/provserver?host=db1&host=db2", "All ports are required"),
        ("db1:99999/provserver", "99999 is not a port number"),
        ("[::1/provserver", "is not a URL like"),
        ("db1/provserver?sslmode=require", "sslmode is not an option of the driver asyncpg; write ssl=require"),
    ],
)
def test_a_url_that_no_driver_takes_is_told_in_words(url: str, told: str, sealer: Sealer) -> None:
    """Before anybody connects, and without the password that it may hold."""
    with pytest.raises(BadConfiguration, match=told) as refused:
        Database.open(f"postgresql+asyncpg://user:secret@{url}", sealer)
    assert "secret" not in refused.value.message


@only_postgresql
@pytest.mark.parametrize(
    "query", ["prepared_statement_cache_size=0&statement_cache_size=0", "target_session_attrs=any"]
)
async def test_parameters_of_the_url_win(db: Database, query: str) -> None:
    """A pooler needs the first, a database whose every node can write the second."""
    url = db.engine.url.render_as_string(hide_password=False)
    another = Database.open(f"{url}&{query}", db.sealer)
    await another.ping()
    await another.close()
    assert "read-write" not in postgresql.connect_args(make_url(f"{url}&{query}"), Limits()).values()


@only_postgresql
async def test_of_several_hosts_the_one_that_can_be_written_to_is_taken(db: Database, tmp_path: Path) -> None:
    """The first is down, as after a failover."""
    folder = db.engine.url.query["host"]
    several = Database.open(
        f"postgresql+asyncpg://postgres@/{db.engine.url.database}?host={tmp_path}:5432&host={folder}:5432", db.sealer
    )
    stored = account()
    await several.settle(lambda conn: insert_account(conn, stored))
    async with several.read() as conn:
        assert await get_account(conn, stored.id) == stored
    await several.close()


@only_postgresql
async def test_a_statement_that_takes_too_long_is_given_up(db: Database) -> None:
    hurried = Database.open(db.engine.url, db.sealer, Limits(statement=0.1))
    with pytest.raises(StoreUnavailable, match="statement timeout"):
        async with hurried.read() as conn:
            await conn.execute(text("SELECT pg_sleep(5)"))
    await hurried.close()


@only_postgresql
async def test_a_deadlock_is_done_again(db: Database, acme: Account, other: Account) -> None:
    """Two writes that take the same rows in opposite order."""
    met = asyncio.Barrier(2)

    async def both(first: str, second: str) -> None:
        tries = iter(range(9))

        async def work(conn: Connection) -> None:
            await bump_account(conn, first)
            if next(tries) == 0:
                await met.wait()
            await bump_account(conn, second)

        await db.settle(work)

    await asyncio.gather(both(acme.id, other.id), both(other.id, acme.id))
    async with db.read() as conn:
        revisions = [(await get_account(conn, each.id)) for each in (acme, other)]
    assert [each.revision for each in revisions if each] == [2, 2]


async def test_what_collides_again_and_again_is_done_in_the_end(
    db: Database, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where many programs write to one account, none of them is the one that loses each time."""
    monkeypatch.setattr("provserver.store.database._PAUSE", 0)
    collisions = iter(range(50))

    async def work(conn: Connection) -> None:
        await bump_account(conn, acme.id)
        if next(collisions, None) is not None:
            raise Contended("again")

    await db.settle(work)
    async with db.read() as conn:
        stored = await get_account(conn, acme.id)
    assert stored
    assert stored.revision == 1


async def test_what_collides_all_the_time_is_an_outage_in_the_end(db: Database) -> None:
    impatient = Database.open(db.engine.url, db.sealer, Limits(wait=0.1))

    async def work() -> None:
        raise Contended("again")

    with pytest.raises(StoreUnavailable, match="all the time"):
        await impatient.persist(work)
    await impatient.close()


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql+asyncpg://user:secret@db.example/phones", "phones at db.example:5432"),
        ("postgresql+asyncpg://user:secret@db.example:5433/phones", "phones at db.example:5433"),
        ("postgresql+asyncpg://user:secret@[2001:db8::1]:5433/phones", "phones at [2001:db8::1]:5433"),
        ("postgresql+asyncpg://user:secret@/phones?host=a:5433&host=b", "phones at a:5433, b:5432"),
        ("postgresql+asyncpg://user:secret@/phones?host=a&host=b&port=5433&port=5434", "phones at a:5433, b:5434"),
        ("postgresql+asyncpg://user:secret@/phones?host=/run/postgresql", "phones at /run/postgresql"),
        ("postgresql+asyncpg:///phones?password=secret", "phones at localhost:5432"),
    ],
)
def test_a_database_server_is_named_by_host_port_and_database_alone(url: str, named: str) -> None:
    assert postgresql.name_of(make_url(url)) == named


async def test_an_outage_is_told_with_the_database_and_without_its_password(sealer: Sealer) -> None:
    """Else nobody knows which of several databases it is."""
    nobody = Database.open("postgresql+asyncpg://user:secret@127.0.0.1:1/phones", sealer)
    for _ in range(2):  # the second time it is not even tried
        with pytest.raises(StoreUnavailable, match=r"database phones at 127\.0\.0\.1:1 cannot be reached") as outage:
            await nobody.ping()
        assert "secret" not in outage.value.message
    await nobody.close()

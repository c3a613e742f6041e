"""The store also runs on distributed databases that speak PostgreSQL: nothing that they lack is sent."""

import pytest
from sqlalchemy import text

from provserver.store.database import Database
from provserver.store.revalidation import ServerRevalidator
from tests.distributed import lacking

from .conftest import only_postgresql


@pytest.mark.parametrize(
    "statement",
    [
        "LISTEN changes",
        "SELECT pg_notify('changes', '1')",
        "SELECT pg_try_advisory_xact_lock(1)",
        "LOCK TABLE devices",
        "CREATE TRIGGER noted AFTER UPDATE ON devices FOR EACH ROW EXECUTE FUNCTION note()",
        "CREATE EXTENSION pg_trgm",
        "CREATE TYPE colour AS ENUM ('red')",
        "CREATE TABLE a (id BIGSERIAL PRIMARY KEY)",
        "CREATE TABLE a (id BIGINT GENERATED ALWAYS AS IDENTITY)",
        "ALTER TABLE a ADD CONSTRAINT b UNIQUE (c) DEFERRABLE INITIALLY DEFERRED",
        "CREATE INDEX a ON b USING gin (c)",
        "ALTER TABLE a ALTER COLUMN b TYPE INTEGER",
        "COPY devices FROM STDIN",
    ],
)
def test_what_they_lack_is_told(statement: str) -> None:
    """A list that misses what it is for would let the suite pass."""
    assert lacking(statement)


@only_postgresql
async def test_the_suite_itself_refuses_it(db: Database) -> None:
    """Migrations, queries and whatever a test makes the store send: all of it goes by this."""
    with pytest.raises(AssertionError, match="advisory locks"):
        async with db.read() as conn:
            await conn.execute(text("SELECT pg_advisory_xact_lock(1)"))


@only_postgresql
async def test_the_question_that_goes_past_sqlalchemy_has_nothing_of_it_either(db: Database) -> None:
    assert not lacking(ServerRevalidator(db.engine, db.breaker)._query)

"""The readiness check."""

from provserver.domain.errors import StoreUnavailable
from provserver.store.database import Database
from provserver.store.migrate import schema_state


async def check_ready(database: Database) -> None:
    """Raise `StoreUnavailable` if the database does not answer or its schema is not current."""
    state = await schema_state(database)
    if state != "current":
        raise StoreUnavailable(f"the schema of the database is {state}")

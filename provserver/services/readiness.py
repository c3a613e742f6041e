"""Whether this process could do its work now."""

from provserver.domain.errors import StoreUnavailable
from provserver.store.database import Database
from provserver.store.migrate import schema_state


async def check_ready(database: Database) -> None:
    """Raise `StoreUnavailable` where the database does not answer or its schema is not of this version."""
    state = await schema_state(database)
    if state != "current":
        raise StoreUnavailable(f"the schema of the database is {state}")

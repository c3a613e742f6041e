"""Usage: the number of distinct users on provisioned devices."""

from datetime import datetime

from provserver.domain.errors import Invalid
from provserver.store import usage
from provserver.store.database import Connection


async def provisioned_users(
    conn: Connection, account_id: str | None, since: datetime, until: datetime
) -> list[tuple[str, int]]:
    """Per account, the number of distinct users on a provisioned device during [since, until).

    With an id, only that account (even if 0); else all accounts with users. Raises `Invalid` for an empty period.
    """
    if until <= since:
        reason = "must be later than from"
        raise Invalid(f"to {reason}", details={"to": reason})
    found = await usage.usage(conn, account_id, since, until)
    return found or ([(account_id, 0)] if account_id else [])

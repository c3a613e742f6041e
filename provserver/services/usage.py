"""What an account is counted by: its distinct users on provisioned devices."""

from datetime import datetime

from provserver.domain.errors import Invalid
from provserver.store import usage
from provserver.store.database import Connection


async def provisioned_users(
    conn: Connection, account_id: str | None, since: datetime, until: datetime
) -> list[tuple[str, int]]:
    """Per account how many distinct users were on a provisioned device at some time in [since, until).

    The one account with its id (also where it is 0), else all that have any. Raises `Invalid` for a span that is none.
    """
    if until <= since:
        reason = "must be later than from"
        raise Invalid(f"to {reason}", details={"to": reason})
    found = await usage.usage(conn, account_id, since, until)
    return found or ([(account_id, 0)] if account_id else [])

"""Users."""

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import users as models
from provserver.api.models.users import shown_user, user_fields
from provserver.api.required import not_cleared
from provserver.services import users


async def create(call: Call[None, models.UserCreate]) -> Answer:
    """Create a user."""
    async with call.write() as change:
        user = await users.create(change, call.account.id, user_fields(call.body))
        return await call.created(change, shown_user(user))


async def list_all(call: Call[models.UserQuery, None]) -> Answer:
    """The account's users, newest first.

    With `search`, a page may be shorter than its limit or even empty although there is a next one, because at most two
    thousand users are examined per page.
    """
    async with call.read() as conn:
        sealer = call.face.database.sealer
        page = await users.list_users(conn, sealer, call.account.id, page_request(call.query), call.query.search)
    return listing(call.request, page, shown_user)


async def get(call: Call[None, None]) -> Answer:
    """One user."""
    async with call.read() as conn:
        user = await users.get(conn, call.face.database.sealer, call.account.id, call.path["id"])
    return Answer(200, shown_user(user))


async def update(call: Call[None, models.UserUpdate]) -> Answer:
    """Change a user; its devices get the change with their next fetch."""
    changes = user_fields(call.body)
    not_cleared(changes, "name")
    async with call.write() as change:
        user = await users.update(change, call.face.catalogue, call.account.id, call.path["id"], changes)
    return Answer(200, shown_user(user))


async def delete(call: Call[None, None]) -> Answer:
    """Delete a user and remove it from its devices."""
    async with call.write() as change:
        await users.delete(change, call.account.id, call.path["id"])
    return Answer(204)

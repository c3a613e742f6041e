"""Accounts."""

from typing import Any

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import accounts as models
from provserver.api.models.shared import PageQuery
from provserver.api.required import not_cleared
from provserver.services import accounts
from provserver.services.devices import uploads


async def create(call: Call[None, models.AccountCreate]) -> Answer:
    """Create an account."""
    async with call.write() as change:
        account = await accounts.create(change, {"status": "active", **call.body.given()})
        return await call.created(change, models.shown_account(account))


async def list_all(call: Call[PageQuery, None]) -> Answer:
    """All accounts, newest first."""
    async with call.read() as conn:
        page = await accounts.list_all(conn, page_request(call.query))
    return listing(call.request, page, models.shown_account)


async def get(call: Call[None, None]) -> Answer:
    """One account."""
    async with call.read() as conn:
        return Answer(200, models.shown_account(await accounts.get(conn, call.path["id"])))


async def update(call: Call[None, models.AccountUpdate]) -> Answer:
    """Change an account."""
    changes: dict[str, Any] = call.body.given()
    not_cleared(changes, "name")
    if "status" in changes and changes["status"] is None:
        changes["status"] = "active"
    async with call.write() as change:
        return Answer(200, models.shown_account(await accounts.update(change, call.path["id"], changes)))


async def delete(call: Call[None, None]) -> Answer:
    """Delete an account with everything in it."""
    async with call.write() as change:
        files = await uploads.names_of(change.conn, call.path["id"])
        await accounts.delete(change, call.path["id"])
    await call.face.files.remove(files)
    return Answer(204)

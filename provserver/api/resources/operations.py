"""Administration: API keys, audit log, unknown devices, blocked sources, usage."""

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import accounts as models
from provserver.api.models.observed import BlockedSource, UnknownDevice
from provserver.api.models.shared import PageQuery
from provserver.domain.device import UnknownDevice as UnknownRecord
from provserver.domain.mac import parse_mac
from provserver.services import api_keys, audit, usage
from provserver.services.fetching import unknown_devices
from provserver.services.protection import blocked_sources


async def create_key(call: Call[None, models.KeyCreate]) -> Answer:
    """Create an API key, which is shown only once."""
    async with call.write() as change:
        made = await api_keys.create(change, **call.body.model_dump())
        return await call.created(change, models.CreatedKey.of(made.key, key=made.secret))


async def list_keys(call: Call[models.KeyQuery, None]) -> Answer:
    """API keys, newest first, including revoked ones."""
    async with call.read() as conn:
        page = await api_keys.list_keys(conn, page_request(call.query), call.query.account_id)
    return listing(call.request, page, models.Key.of)


async def get_key(call: Call[None, None]) -> Answer:
    """One API key."""
    async with call.read() as conn:
        return Answer(200, models.Key.of(await api_keys.get(conn, call.path["id"])))


async def revoke_key(call: Call[None, None]) -> Answer:
    """Revoke an API key."""
    async with call.write() as change:
        await api_keys.revoke(change, call.path["id"])
    return Answer(204)


async def list_audit(call: Call[models.AuditQuery, None]) -> Answer:
    """The audit log of the account, or with a platform key alone of everything; newest first.

    With several filters, `from` or `to`, a page may be shorter than its limit or even empty although there is a next
    one, because at most two thousand entries are examined per page.
    """
    account, query = call.caller.account, call.query
    chosen = audit.AuditFilter(
        account_id=account.id if account else None,
        key_id=query.key_id,
        resource_id=query.resource_id,
        action=query.action,
        since=query.from_,
        until=query.to,
    )
    async with call.read() as conn:
        page = await audit.list_entries(conn, page_request(query), chosen)
    return listing(call.request, page, models.AuditEntry.of)


async def list_unknown(call: Call[PageQuery, None]) -> Answer:
    """Unknown MACs that asked for files, most recently seen first."""
    await call.face.unknown.flush()
    async with call.read() as conn:
        page = await unknown_devices.list_unknown(conn, page_request(call.query))
    return listing(call.request, page, _unknown)


async def forget_unknown(call: Call[None, None]) -> Answer:
    """Remove a MAC from that list."""
    mac = parse_mac(call.path["mac"], "mac")
    await call.face.unknown.flush()
    async with call.write() as change:
        await unknown_devices.forget(change, mac)
    return Answer(204)


async def list_blocked(call: Call[PageQuery, None]) -> Answer:
    """Addresses blocked for asking for too many MACs, most recent first."""
    await call.face.guard.flush()
    async with call.read() as conn:
        page = await blocked_sources.list_blocked(conn, page_request(call.query), now=call.face.sources.now())
    return listing(call.request, page, BlockedSource.of)


async def release_source(call: Call[None, None]) -> Answer:
    """Unblock an address, given its `source` or any address in it."""
    await call.face.guard.flush()
    async with call.write() as change:
        source = await blocked_sources.release(change, call.path["source"])
    call.face.guard.release(source)
    return Answer(204)


async def get_usage(call: Call[models.UsageQuery, None]) -> Answer:
    """Distinct provisioned users of the account, or with a platform key alone per account."""
    account = call.caller.account
    now = call.face.sources.now()
    since = call.query.from_ or now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    until = call.query.to or now
    await call.face.contacts.flush()
    async with call.read() as conn:
        counted = await usage.provisioned_users(conn, account.id if account else None, since, until)
    data = [models.AccountUsage(account_id=account_id, provisioned_users=users) for account_id, users in counted]
    return Answer(200, models.Usage(from_=since, to=until, data=data))


def _unknown(seen: UnknownRecord) -> UnknownDevice:
    return UnknownDevice.of(seen, mac_address=str(seen.mac))

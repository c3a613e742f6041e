"""Check-sync: telling one or many phones to fetch their configuration."""

from typing import Any

from provserver.api.call import Answer, Call
from provserver.api.listing import listing, page_request
from provserver.api.models import check_sync as models
from provserver.api.models.shared import PageQuery
from provserver.api.resources.devices import found
from provserver.api.resources.handsets import found_handset
from provserver.domain.device import Device
from provserver.services.checksync import resync_jobs
from provserver.services.checksync.resync import Order
from provserver.services.checksync.resync_jobs import JobWish
from provserver.services.devices.devices import spelled

OrderCall = Call[None, models.CheckSyncOrder]


async def notify(call: OrderCall) -> Answer:
    """Tell a phone to fetch its configuration, and wait for its response.

    A desk phone is notified on each of its lines, a DECT base once, whichever id is named.
    """
    return await _notify(call, await found(call))


async def notify_handset(call: OrderCall) -> Answer:
    """Tell the base of a handset to fetch its configuration."""
    async with call.read() as conn:
        handset = await found_handset(call, conn)
    return await _notify(call, handset)


async def create_job(call: Call[None, models.JobCreate]) -> Answer:
    """Notify many devices at a steady rate; one running job per account."""
    body, face = call.body, call.face
    chosen = spelled(face.catalogue, body.filter.chosen())
    wish = JobWish(
        chosen=chosen,
        filter=body.filter.model_dump(mode="json", exclude_none=True),
        reboot=body.reboot,
        only_if_stale=body.only_if_stale,
        rate_per_second=body.rate_per_second,
    )
    await face.contacts.flush()
    async with call.read() as conn:
        device_ids = await resync_jobs.select_devices(conn, face.configurations, call.account, chosen)
    async with call.write() as change:
        job = await resync_jobs.create(change, call.account, wish, device_ids)
        answer = await call.created(change, models.shown_job(job))
    face.new_job.set()
    return answer


async def list_jobs(call: Call[PageQuery, None]) -> Answer:
    """The account's check-sync jobs, newest first."""
    async with call.read() as conn:
        page = await resync_jobs.list_jobs(conn, call.account.id, page_request(call.query))
    return listing(call.request, page, models.shown_job)


async def get_job(call: Call[None, None]) -> Answer:
    """A check-sync job and its progress."""
    async with call.read() as conn:
        return Answer(200, models.shown_job(await resync_jobs.get(conn, call.account.id, call.path["id"])))


async def cancel_job(call: Call[None, None]) -> Answer:
    """Cancel a check-sync job. Devices already notified stay notified; a finished job is not changed."""
    async with call.write() as change:
        await resync_jobs.cancel(change, call.account.id, call.path["id"])
    return Answer(204)


async def _notify(call: Call[Any, models.CheckSyncOrder], device: Device) -> Answer:
    order = Order(
        key_id=call.caller.key.id,
        reboot=call.body.reboot,
        only_if_stale=call.body.only_if_stale,
        request_id=call.request_id,
        source_ip=call.request.remote,
    )
    report = await call.face.resync.notify(call.account.id, device.id, order)
    if report is None:
        raise LookupError("only an order with a claim can be refused")
    return Answer(200 if report.success else 409, models.shown_report(report))

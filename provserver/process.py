"""Builds and runs one server process: its listeners, services and background tasks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from socket import socket
from typing import Any

from prometheus_client import CollectorRegistry

from provserver.api.app import ApiFace, build_api
from provserver.api.face import UploadLimits
from provserver.config import Config
from provserver.domain.checksync import Notifier
from provserver.domain.guessing import Guesses
from provserver.foundation import Foundation, Vendors, open_foundation, open_resync
from provserver.garbage import settle_memory, unsearched
from provserver.listeners import Addresses, Listeners
from provserver.listening.trust import VendorTrust
from provserver.metrics_folder import MetricsFolder
from provserver.phones.app import PhoneFace, build_phones
from provserver.phones.metrics import PhoneMetrics
from provserver.rendering.clocks import generation
from provserver.services.checksync.registrations import Registrations
from provserver.services.checksync.resync import Resync
from provserver.services.checksync.resync_runner import JobRunner
from provserver.services.devices.uploads import FileFolder
from provserver.services.fetching.contacts import ContactWriter
from provserver.services.fetching.document_cache import DocumentCache
from provserver.services.fetching.document_source import DocumentSource
from provserver.services.fetching.record_cache import RecordCache
from provserver.services.fetching.recording import Recorder
from provserver.services.fetching.rehearsal import rehearse
from provserver.services.fetching.render_queue import RenderQueue
from provserver.services.fetching.request_cache import RequestCache
from provserver.services.fetching.unknown_devices import UnknownDevices
from provserver.services.protection.account_limit import AccountLimit
from provserver.services.protection.admission import Admission
from provserver.services.protection.challenges import Challenges
from provserver.services.protection.mac_guessing import Guard
from provserver.services.provisioning import Provisioning
from provserver.services.retention import Retention
from provserver.store.shared_cache import SharedCache, SharedCacheFolder
from provserver.store.spool import Spool


@dataclass(frozen=True, slots=True)
class Role:
    """What a process serves; a single process serves everything.

    `sockets`: already listening, by section. `counted`: where to exchange metrics with other processes. `shared_cache`:
    cache of rendered files shared with other processes.
    """

    phones: bool = True
    api: bool = True
    sockets: Mapping[str, Sequence[socket]] = field(default_factory=dict)
    counted: MetricsFolder | None = None
    shared_cache: SharedCacheFolder | None = None


@asynccontextmanager
async def run(config: Config, role: Role = Role(), *, vendors: Vendors | None = None) -> AsyncIterator[Addresses]:
    """Build everything and listen; at the end of the block drain and close.

    Raises `BadConfiguration` before listening. `prepare` must have been called. `vendors`: the catalogue, if already
    loaded.
    """
    async with AsyncExitStack() as stack:
        with unsearched():
            foundation = await stack.enter_async_context(open_foundation(config, vendors))
            shared = shared_services(stack, foundation, counts_phones=role.phones)
            listeners = Listeners(stack, config, foundation.catalogue.vendor_named, role.sockets)
            phones = api = face = None
            if role.phones:
                face = phone_face(stack, foundation, shared, lambda: listeners.phones.trust, role.shared_cache)
                phones = build_phones(face)
            if role.api:
                api = build_api(await api_face(stack, foundation, shared))
            if role.counted:
                await _run_until_closed(stack, role.counted.keep(shared.registry, tells=role.api))
            where = await listeners.open(phones, api)
        settle_memory()
        if face:
            source, at = face.provisioning.document_source, foundation.sources.now()
            rehearsal = rehearse(foundation.database, source, at, lambda: shared.admission.in_flight)
            await _run_until_closed(stack, rehearsal)
        yield where


@dataclass(frozen=True, slots=True)
class SharedServices:
    """Services shared by the phone listener and the API of a process."""

    registry: CollectorRegistry
    metrics: PhoneMetrics
    contacts: ContactWriter
    unknown: UnknownDevices
    guard: Guard
    files: FileFolder
    admission: Admission


def shared_services(stack: AsyncExitStack, foundation: Foundation, *, counts_phones: bool = True) -> SharedServices:
    """Build and start them; `stack` stops them."""
    phones, registry = foundation.config.phones, CollectorRegistry()
    # The API process reports the phone processes' metrics, so it must not add its own zeros.
    metrics = PhoneMetrics(registry if counts_phones else CollectorRegistry())
    guesses = Guesses(phones.guessing.limit, phones.guessing.window)
    admission = Admission(phones.max_waiting, phones.patience)
    shared = SharedServices(
        registry,
        metrics,
        ContactWriter(
            foundation.database,
            on_shed=metrics.shed.inc,
            limit=phones.contact_limit,
            spool=Spool(foundation.config.data_dir / "spool"),
            sources=foundation.sources,
            in_flight=lambda: admission.in_flight,
        ),
        UnknownDevices(foundation.database, phones.unknown_limit, metrics.unknown_shed.inc),
        Guard(foundation.database, guesses, (*phones.guessing.exempt, *phones.networks), foundation.sources.now),
        FileFolder(foundation.config.files_folder),
        admission,
    )
    metrics.waiting.set_function(lambda: shared.contacts.waiting)
    for writer in (shared.contacts, shared.unknown, shared.guard):
        writer.start()
        stack.push_async_callback(writer.stop)
    return shared


async def api_face(
    stack: AsyncExitStack, foundation: Foundation, shared: SharedServices, notifier: Notifier | None = None
) -> ApiFace:
    """Build what the API works with, and start its background tasks. `notifier`: instead of the configured one."""
    config = foundation.config
    resync, registrations = await _check_sync(stack, foundation, notifier)
    jobs = JobRunner(foundation.database, resync, foundation.sources.new_id("run"))
    await _run_until_closed(stack, jobs.run())
    if config.events.keep:
        await _run_until_closed(stack, Retention(foundation.database, foundation.sources, config.events.keep).run())
    return ApiFace(
        database=foundation.database,
        catalogue=foundation.catalogue,
        renderer=foundation.renderer,
        configurations=foundation.configurations,
        contacts=shared.contacts,
        resync=resync,
        registrations=registrations,
        new_job=jobs.woken,
        unknown=shared.unknown,
        guard=shared.guard,
        sources=foundation.sources,
        window_seconds=config.phones.window,
        bootstrap_key=config.api.bootstrap_key,
        registry=shared.registry,
        files=shared.files,
        uploads=UploadLimits(config.uploads.firmware_bytes, config.uploads.quota_bytes),
    )


async def _check_sync(
    stack: AsyncExitStack, foundation: Foundation, notifier: Notifier | None
) -> tuple[Resync, Registrations]:
    resync, back_end = await stack.enter_async_context(open_resync(foundation, notifier))
    silent = (
        "the back end `sip` does not tell who is registered" if foundation.config.checksync.backend == "sip" else None
    )
    registrations = Registrations(foundation.database, foundation.catalogue, back_end, silent)
    stack.push_async_callback(registrations.close)
    return resync, registrations


async def _run_until_closed(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)


def phone_face(
    stack: AsyncExitStack,
    foundation: Foundation,
    shared: SharedServices,
    trust: Callable[[], VendorTrust],
    shared_cache: SharedCacheFolder | None = None,
) -> PhoneFace:
    """Build what the phone listener works with, and start its background tasks."""
    phones = foundation.config.phones
    generation(foundation.sources.now())  # reads all time zones now rather than during the first request
    records = RecordCache(foundation.database, phones.record_bytes, survival=phones.survival)
    records.start()
    stack.push_async_callback(records.close)
    challenges = Challenges(
        foundation.database.sealer,
        foundation.sources,
        phones.digest_algorithms,
        basic="basic" in phones.auth,
        basic_without_tls=phones.basic_without_tls,
    )
    provisioning = Provisioning(
        catalogue=foundation.catalogue,
        records=records,
        document_source=DocumentSource(
            foundation.database,
            foundation.catalogue,
            foundation.renderer,
            foundation.configurations.proof_policy,
            DocumentCache(phones.cache_bytes),
            RenderQueue(phones.patience),
            SharedCache(shared_cache, phones.shared_bytes) if shared_cache and phones.shared_bytes else None,
        ),
        recorder=Recorder(
            foundation.catalogue,
            records,
            shared.contacts,
            shared.unknown,
            foundation.sources,
            foundation.sources.series("evt"),
        ),
        sources=foundation.sources,
        proof_policy=foundation.configurations.proof_policy,
        challenges=challenges,
        guard=shared.guard,
        request_cache=RequestCache(phones.request_bytes // 4, lambda cached: cached.size),
        account_limit=AccountLimit(lambda: shared.admission.room),
    )
    return PhoneFace(
        provisioning,
        shared.metrics,
        phones.public_url,
        phones.trusted_proxies,
        shared.files,
        shared.admission,
        phones.request_bytes - phones.request_bytes // 4,
        certificate_header=phones.client_certificate_header,
        trust=trust,
    )

"""The composition root: Config -> running server."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from provserver.api.app import ApiFace, build_api
from provserver.api.face import UploadLimits
from provserver.checksync.backend import build_notifier
from provserver.config import Config
from provserver.domain.checksync import Notifier
from provserver.domain.errors import BadConfiguration
from provserver.domain.guessing import Guesses
from provserver.domain.vendor import Catalogue
from provserver.listeners import Listeners, reachable
from provserver.listening.trust import VendorTrust
from provserver.phones.app import PhoneFace, build_phones
from provserver.phones.metrics import PhoneMetrics
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import Renderer
from provserver.services import api_keys, uploads
from provserver.services.access import Doors
from provserver.services.cache import DocumentCache
from provserver.services.challenges import Challenges
from provserver.services.change import Actor, Change
from provserver.services.contacts import ContactWriter
from provserver.services.effective import Configurations
from provserver.services.guarding import Guard
from provserver.services.notifying import Sender
from provserver.services.provisioning import Provisioning
from provserver.services.recording import Recorder
from provserver.services.records import Records
from provserver.services.registrations import Registrations
from provserver.services.resync import Resync
from provserver.services.resync_runner import JobRunner
from provserver.services.sources import Sources
from provserver.services.unknown import UnknownDevices
from provserver.services.uploads import FileFolder
from provserver.shipped import shipped
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate, schema_state
from provserver.store.postgresql import Limits
from provserver.store.resealing import check_keys
from provserver.store.sealing import Sealer

_log = structlog.get_logger("server")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens. `platform_key` is the key made on this very first start, else None."""

    phones_url: str
    api_url: str
    platform_key: str | None


@dataclass(frozen=True, slots=True)
class Stock:
    """What every command works with: the catalogue, the store and the means to read devices as they stand."""

    config: Config
    catalogue: Catalogue
    renderer: Renderer
    database: Database
    configurations: Configurations
    sources: Sources


def load_vendors(config: Config, *, thorough: bool = False) -> tuple[Catalogue, Renderer]:
    """The catalogue, cross-checked, and the renderer of its templates. Raises `BadConfiguration`.

    Own templates are compiled at once; those that come with the program only where it is `thorough`.
    """
    environment = build_environment([*config.catalog.templates, shipped("templates")])
    folders = [*config.catalog.vendors, shipped("vendors")]
    released = None if thorough else shipped("templates")
    catalogue = load_catalogue(folders, environment, salt=",".join(config.phones.auth), released=released)
    return catalogue, Renderer(environment)


def prepare_data(config: Config) -> bool:
    """Make the data directory and, where there is no database yet, the key file; True where it has been made.

    Raises `BadConfiguration`.
    """
    try:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration(f"data_dir {config.data_dir}: {error.strerror}") from None
    missing = not config.key_file.exists()
    if missing:
        if (config.data_dir / "provserver.db").exists():
            # A new key would open nothing that is sealed in there.
            raise BadConfiguration(f"{config.key_file} is missing, but there is a database: put the key file back")
        create_key_file(config.key_file)
    return missing


async def refuse_foreign_data(stock: Stock) -> None:
    """The key file has just been made; a database with data in it has another, which an instance must be given."""
    if await schema_state(stock.database) != "empty":
        path = stock.config.key_file
        path.unlink()
        raise BadConfiguration(f"{path} is missing, but the database is in use: copy the file from where it is run now")


@asynccontextmanager
async def open_stock(config: Config) -> AsyncIterator[Stock]:
    """The catalogue and the store, closed at the end. The schema is as it was found."""
    catalogue, renderer = load_vendors(config)
    store = config.database
    limits = Limits(connections=store.connections, wait=store.wait, statement=store.statement_timeout)
    database = Database.open(config.database_url, Sealer.from_key_file(config.key_file), limits)
    try:
        scheme = "https" if config.phones.tls.cert else "http"
        public_url = config.phones.public_url or f"{scheme}://{reachable(config.phones.host)}:{config.phones.port}"
        doors = Doors(frozenset(config.phones.auth), config.phones.networks)
        configurations = Configurations(database, catalogue, renderer, public_url, doors)
        yield Stock(config, catalogue, renderer, database, configurations, Sources())
    finally:
        await database.close()


@asynccontextmanager
async def run(config: Config) -> AsyncIterator[Running]:
    """Build everything, listen; at the end drain and close. Raises `BadConfiguration` before anything listens."""
    key_made = prepare_data(config)
    async with AsyncExitStack() as stack:
        stock = await stack.enter_async_context(open_stock(config))
        if key_made:
            await refuse_foreign_data(stock)
        await migrate(stock.database)
        await check_keys(stock.database)
        platform_key = await ensure_platform_key(stock)
        registry = CollectorRegistry()
        metrics = PhoneMetrics(registry)
        contacts = ContactWriter(stock.database, on_shed=metrics.shed.inc)
        unknown = UnknownDevices(stock.database, config.phones.unknown_limit)
        guard = _guard(stock)
        for writer in (contacts, unknown, guard):
            writer.start()
            stack.push_async_callback(writer.stop)
        resync, registrations = await _check_sync(stack, stock)
        jobs = JobRunner(stock.database, resync, stock.sources.new_id("run"))
        await _run_until_closed(stack, jobs.run())
        files = FileFolder(config.files_folder)
        await uploads.sweep(stock.database, files)
        listeners = Listeners(stack, config, stock.catalogue.vendor_named)
        recorder = Recorder(stock.catalogue, contacts, unknown, stock.sources)
        records = Records(stock.database, config.phones.record_bytes)
        stack.push_async_callback(records.close)
        phones = _phones(stock, records, recorder, guard, metrics, files, lambda: listeners.phones.trust)
        api = build_api(
            ApiFace(
                database=stock.database,
                catalogue=stock.catalogue,
                renderer=stock.renderer,
                configurations=stock.configurations,
                contacts=contacts,
                resync=resync,
                registrations=registrations,
                new_job=jobs.woken,
                unknown=unknown,
                guard=guard,
                sources=stock.sources,
                window_seconds=config.phones.window,
                bootstrap_key=config.api.bootstrap_key,
                registry=registry,
                files=files,
                uploads=UploadLimits(config.uploads.firmware_bytes, config.uploads.quota_bytes),
            )
        )
        running = Running(*await listeners.open(phones, api), platform_key)
        settle_memory()
        _log.info("listening", phones=running.phones_url, api=running.api_url, proofs=",".join(config.phones.auth))
        yield running


@asynccontextmanager
async def open_resync(stock: Stock) -> AsyncIterator[tuple[Resync, Notifier]]:
    """What tells phones to fetch anew, by the configured back end; closed at the end."""
    settings, sources = stock.config.checksync, stock.sources
    notifier = build_notifier(settings, clock=sources.now, entropy=sources.entropy)
    try:
        sender = Sender(notifier, settings.proxy, settings.timeout)
        yield Resync(stock.configurations, sender, sources), notifier
    finally:
        await notifier.close()


async def _check_sync(stack: AsyncExitStack, stock: Stock) -> tuple[Resync, Registrations]:
    resync, notifier = await stack.enter_async_context(open_resync(stock))
    silent = "the back end `sip` does not tell who is registered" if stock.config.checksync.backend == "sip" else None
    registrations = Registrations(stock.database, stock.catalogue, notifier, silent)
    stack.push_async_callback(registrations.close)
    return resync, registrations


async def _run_until_closed(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)


def settle_memory() -> None:
    """Take what the start has loaded out of the collector's sight: it stays until the end.

    Looking through all of it again and again would hold everybody for some 70 ms each time.
    """
    gc.collect()
    gc.freeze()


async def ensure_platform_key(stock: Stock) -> str | None:
    """On the very first start make a platform key and return it; later, and with a bootstrap key, None."""
    async with stock.database.write() as conn:
        if stock.config.api.bootstrap_key or await api_keys.has_platform_key(conn):
            return None
        sources = stock.sources
        change = Change(conn, stock.database.sealer, sources, Actor("first start"), sources.now())
        made = await api_keys.create(change, name="first start")
        return made.secret


def _guard(stock: Stock) -> Guard:
    phones = stock.config.phones
    guesses = Guesses(phones.guessing.limit, phones.guessing.window)
    return Guard(stock.database, guesses, (*phones.guessing.exempt, *phones.networks), stock.sources.now)


def _phones(
    stock: Stock,
    records: Records,
    recorder: Recorder,
    guard: Guard,
    metrics: PhoneMetrics,
    files: FileFolder,
    trust: Callable[[], VendorTrust],
) -> web.Application:
    phones = stock.config.phones
    challenges = Challenges(
        stock.database.sealer,
        stock.sources,
        phones.digest_algorithms,
        basic="basic" in phones.auth,
        basic_without_tls=phones.basic_without_tls,
    )
    provisioning = Provisioning(
        database=stock.database,
        catalogue=stock.catalogue,
        renderer=stock.renderer,
        records=records,
        cache=DocumentCache(phones.cache_bytes),
        recorder=recorder,
        sources=stock.sources,
        doors=stock.configurations.doors,
        challenges=challenges,
        guard=guard,
    )
    face = PhoneFace(
        provisioning,
        metrics,
        phones.public_url,
        phones.trusted_proxies,
        files,
        certificate_header=phones.client_certificate_header,
        trust=trust,
    )
    return build_phones(face)


async def until_cancelled() -> None:
    """Wait for the signal that ends the server."""
    await asyncio.Event().wait()

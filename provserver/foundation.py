"""What all processes and commands need: builds catalogue, renderer and store from the configuration."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from provserver.checksync.ondemand import OnDemand
from provserver.config import Config
from provserver.database_setup import open_database
from provserver.domain.catalogue import Catalogue
from provserver.domain.checksync import Notifier
from provserver.domain.errors import BadConfiguration
from provserver.listeners import API, PHONES, addresses
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import Renderer
from provserver.services.checksync.notifying import Sender
from provserver.services.checksync.resync import Resync
from provserver.services.protection.access import ProofPolicy
from provserver.services.settings.effective import Configurations
from provserver.services.sources import Sources
from provserver.shipped import shipped
from provserver.store.database import Database

Vendors = tuple[Catalogue, Renderer]


@dataclass(frozen=True, slots=True)
class Foundation:
    """The catalogue, the store, and access to effective configurations."""

    config: Config
    catalogue: Catalogue
    renderer: Renderer
    database: Database
    configurations: Configurations
    sources: Sources


def load_vendors(config: Config, *, thorough: bool = False) -> Vendors:
    """Load and check the catalogue, and create the renderer. Raises `BadConfiguration`.

    Custom templates are compiled at once; shipped ones only if `thorough`.
    """
    for key, own in (("vendors", config.catalog.vendors), ("templates", config.catalog.templates)):
        for folder in own:
            if not folder.is_dir():
                raise BadConfiguration(f"catalog.{key}: there is no folder {folder}")
    environment = build_environment([*config.catalog.templates, shipped("templates")])
    folders = [*config.catalog.vendors, shipped("vendors")]
    released = None if thorough else shipped("templates")
    catalogue = load_catalogue(folders, environment, salt=",".join(config.phones.auth), released=released)
    return catalogue, Renderer(environment)


@asynccontextmanager
async def open_foundation(config: Config, vendors: Vendors | None = None) -> AsyncIterator[Foundation]:
    """Load the catalogue, unless given, and open the store until the end of the block. The schema is not migrated."""
    vendors = vendors or load_vendors(config)
    async with open_database(config) as database:
        yield foundation_on(database, config, vendors, Sources())


def foundation_on(database: Database, config: Config, vendors: Vendors, sources: Sources) -> Foundation:
    """The foundation on a database that is open."""
    catalogue, renderer = vendors
    public_url = addresses(config, {PHONES: config.phones.port, API: config.api.port}).phones
    proof_policy = ProofPolicy(frozenset(config.phones.auth), config.phones.networks)
    configurations = Configurations(database, catalogue, renderer, public_url, proof_policy, sources)
    return Foundation(config, catalogue, renderer, database, configurations, sources)


@asynccontextmanager
async def open_resync(
    foundation: Foundation, notifier: Notifier | None = None
) -> AsyncIterator[tuple[Resync, Notifier]]:
    """The check-sync service, closed at the end of the block; with the configured back end where none is given."""
    settings, sources = foundation.config.checksync, foundation.sources
    notifier = notifier or OnDemand(settings, clock=sources.now, entropy=sources.entropy)
    try:
        sender = Sender(notifier, settings.proxy, settings.timeout)
        yield Resync(foundation.configurations, sender, sources), notifier
    finally:
        await notifier.close()

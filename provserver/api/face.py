"""The dependencies of the API."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import web
from prometheus_client import CollectorRegistry

from provserver.domain.catalogue import Catalogue
from provserver.rendering.renderer import Renderer
from provserver.services.checksync.registrations import Registrations
from provserver.services.checksync.resync import Resync
from provserver.services.devices.uploads import FileFolder
from provserver.services.fetching.contacts import ContactWriter
from provserver.services.fetching.unknown_devices import UnknownDevices
from provserver.services.protection.key_guessing import KeyGuesses
from provserver.services.protection.mac_guessing import Guard
from provserver.services.settings.effective import Configurations
from provserver.services.sources import Sources
from provserver.store.database import Database


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """The maximum size of a firmware file, and of all files of one account, in bytes."""

    firmware_bytes: int
    quota_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFace:
    """The dependencies of the handlers, built once in `process`.

    `window_seconds`: length of the provisioning window. `bootstrap_key`: a platform key from the configuration, if any.
    `guesses` limits attempts with wrong keys. `contacts` and `unknown` are flushed before their data is shown.
    `new_job` wakes the job runner.
    """

    database: Database
    catalogue: Catalogue
    renderer: Renderer
    configurations: Configurations
    contacts: ContactWriter
    resync: Resync
    registrations: Registrations
    new_job: asyncio.Event
    unknown: UnknownDevices
    guard: Guard
    sources: Sources
    window_seconds: int
    bootstrap_key: str | None
    registry: CollectorRegistry
    files: FileFolder
    uploads: UploadLimits
    guesses: KeyGuesses = field(default_factory=KeyGuesses)

    @property
    def window(self) -> timedelta:
        """The length of the provisioning window."""
        return timedelta(seconds=self.window_seconds)


FACE = web.AppKey("face", ApiFace)

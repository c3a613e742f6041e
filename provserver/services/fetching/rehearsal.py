"""Rehearses the files of a fleet after the start.

The first file of a vendor takes five to ten times as long as the following ones: its template is compiled, and what the
vendor file says is worked out for the model. After a power cut, the first phones of all vendors come within a second.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import structlog

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Account, Device, DeviceType, MulticellRole
from provserver.domain.errors import CannotCarry, Overloaded, RenderingFailed, StoreUnavailable
from provserver.domain.mac import Mac
from provserver.domain.occupants import Assigned, LinePlace, LineUser
from provserver.domain.vendor import Vendor
from provserver.services.devices.parts import Parts, PlacedHandset
from provserver.services.fetching.document_source import DocumentSource
from provserver.services.protection.access import Access
from provserver.services.settings.effective import Ingredients
from provserver.store.database import Database
from provserver.store.fleet import Kind, kinds_of_newest

_NEWEST = 2_000  # devices of each type that are looked at
_MOST = 300  # models; each takes about ten milliseconds
_PAUSE = 0.05  # seconds; phones come first
_NOBODY = LineUser("", "Nobody", "100", "nobody", None, "pbx.invalid", None, "")

_log = structlog.get_logger("phones")


async def rehearse(
    database: Database, document_source: DocumentSource, at: datetime, in_flight: Callable[[], int] = lambda: 0
) -> None:
    """Render the files of an imaginary device of each kind in the database, while no request is `in_flight`.

    Failures are left to the real devices.
    """
    try:
        kinds = await database.look(partial(kinds_of_newest, count=_NEWEST))
        for device, vendor in islice(_devices(document_source.catalogue, kinds, at), _MOST):
            while in_flight():  # noqa: ASYNC110 - nothing announces quiet
                await asyncio.sleep(_PAUSE)
            with suppress(RenderingFailed, CannotCarry, Overloaded):
                await document_source.rehearse(_ingredients(device, vendor, at))
    except StoreUnavailable:
        pass
    except Exception:  # noqa: BLE001 - phones are served without it
        _log.exception("rehearsal_failed")


def _devices(catalogue: Catalogue, kinds: list[Kind], at: datetime) -> Iterator[tuple[Device, Vendor]]:
    """A device of each kind; while its model is unknown, one for each vendor file that it may turn out to need."""
    for kind, name, model in kinds:
        for vendor in catalogue.dialects_of(name):
            models = [known for known, facts in vendor.models.items() if facts.type is kind and not facts.not_rendered]
            if model:
                models = [known for known in models if known == vendor.model_named(model)]
            for known in models[:1]:
                yield _device(kind, at, vendor=vendor.vendor, model=known, mac=Mac("020000000000")), vendor


def _ingredients(device: Device, vendor: Vendor, at: datetime) -> Ingredients:
    """With one user, on a line or on a handset."""
    line: Assigned = LinePlace("", 1, None), _NOBODY
    handsets = []
    if device.type is DeviceType.DECT_BASE:
        handsets = [PlacedHandset(_device(DeviceType.DECT_HANDSET, at, ipei="0000000000", slot_number=1), {})]
    account = Account(id="", name="", created_at=at, updated_at=at)
    access = Access("https://provisioning.invalid")
    return Ingredients(device, account, ({}, {}, {}), Parts([line], handsets), vendor, access, at)


def _device(kind: DeviceType, at: datetime, **more: Any) -> Device:
    role = MulticellRole.SINGLE if kind is DeviceType.DECT_BASE else None
    return Device(id="", account_id="", type=kind, multicell_role=role, created_at=at, updated_at=at, **more)

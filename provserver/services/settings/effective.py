"""The effective configuration of a device: resolved layers, lines, parameters; and whether the phone has it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from provserver.domain.catalogue import Catalogue
from provserver.domain.defaults import GLOBAL_DEFAULTS
from provserver.domain.device import Account, ConfigState, Device, DeviceType
from provserver.domain.errors import Impossible, NotFound, ProvserverError
from provserver.domain.file_rules import FileRule
from provserver.domain.freshness import stamp
from provserver.domain.identify import identify
from provserver.domain.layers import Layer, Resolved, resolve
from provserver.domain.lines import Line
from provserver.domain.recognition import recognised
from provserver.domain.vendor import Vendor
from provserver.rendering.clocks import generation
from provserver.rendering.locale_formats import usual_formats
from provserver.rendering.outcomes import Translation
from provserver.rendering.parameters import Parameter
from provserver.rendering.renderer import DeviceFacts, Document, Renderer
from provserver.rendering.translate import translate
from provserver.services.devices.parts import Parts, handset_parameters, read_parts, repeated_of
from provserver.services.protection.access import Access, ProofPolicy, access_of
from provserver.services.settings.masking import MASK
from provserver.services.settings.zone_changes import asking_often
from provserver.services.sources import Sources
from provserver.store.database import Connection, Database
from provserver.store.fetches import FetchRecord, find_by_id

Made = TypeVar("Made")

_ENCRYPTION_KEY = "provisioning.encryption_key"

Documents = tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]
"""The stored layer documents of platform, account and device."""


@dataclass(frozen=True, slots=True)
class EffectiveDevice:
    """Everything that determines a device's file."""

    device: Device
    account: Account
    vendor: Vendor
    access: Access
    resolved: Resolved
    lines: tuple[Line, ...]
    translation: Translation
    at: datetime

    @property
    def base_url(self) -> str:
        """The provisioning URL, with a trailing slash."""
        return self.access.folder

    @property
    def encryption_key(self) -> str | None:
        """The key for encrypting the device's files, if its vendor and model support it.

        A raw parameter may write another key into the file: this is how a phone gets its first or next key.
        """
        if not any(one.setting == _ENCRYPTION_KEY for one in self.translation.parameters):
            return None
        return str(self.resolved.value(_ENCRYPTION_KEY))


def compose(
    device: Device,
    account: Account,
    documents: Documents,
    parts: Parts,
    vendor: Vendor,
    access: Access,
    at: datetime,
) -> EffectiveDevice:
    """Resolve and translate for this point in time. Pure."""
    if device.mac is None:
        raise NotFound("a handset has no file of its own; its base has")
    layers = layers_of(account, documents, vendor.dialect, access)
    resolved = resolve([*layers, *handset_parameters(parts)])
    if often := asking_often(resolved, at):
        layers = [*layers, often]
        resolved = resolve([*layers, *handset_parameters(parts)])
    repeated = repeated_of(device, parts, layers, resolved)
    translation = translate(vendor, device.model, resolved, repeated, device.mac, at, parts.button_rows)
    return EffectiveDevice(device, account, vendor, access, resolved, repeated.lines, translation, at)


def layers_of(
    account: Account, documents: Documents, dialect: str, access: Access | None, *, own_name: str = "device"
) -> list[Layer]:
    """The layers of a device, weakest first; its own is called `own_name`.

    If no layer sets the provisioning URL, the layer `server` sets it, with the credentials from `access`.
    """
    platform, tenant, own = documents
    tenant_abstractions = dict(tenant.get("abstractions") or {})
    regional = tenant_abstractions.get("regional") or {}
    if account.timezone and "timezone" not in regional:
        tenant_abstractions["regional"] = {**regional, "timezone": account.timezone}
    layers = [
        Layer("global", GLOBAL_DEFAULTS),
        Layer(
            "platform", platform.get("abstractions") or {}, (platform.get("vendor_overrides") or {}).get(dialect, {})
        ),
        Layer("account", tenant_abstractions, (tenant.get("vendor_overrides") or {}).get(dialect, {})),
        Layer(own_name, own.get("abstractions") or {}, own.get("vendor_overrides") or {}),
    ]
    if customs := _customs(layers[1:]):
        layers.insert(1, Layer("locale", {"display": customs}))
    if access and not any((layer.abstractions.get("provisioning") or {}).get("url") for layer in layers):
        layers.append(Layer("server", access.settings))
    return layers


def _customs(layers: Sequence[Layer]) -> Mapping[str, str]:
    """The usual date and time formats for the configured language and country; empty if neither is set."""
    regional: dict[str, Any] = {}
    for layer in layers:
        regional |= layer.abstractions.get("regional") or {}
    return usual_formats(regional.get("language"), regional.get("tone_scheme"))


def render(renderer: Renderer, effective: EffectiveDevice, rule: FileRule, *, ipei: str | None = None) -> Document:
    """Render the file of a rule with a template. `ipei`: the handset, for a file about one.

    Raises `CannotCarry` or `RenderingFailed`.
    """
    if rule.scope == "common":
        return renderer.common_file(effective.vendor, rule, effective.device.model)
    device = effective.device
    if device.mac is None:
        raise NotFound("a handset has no file of its own; its base has")
    facts = DeviceFacts(device.mac, effective.vendor.vendor, device.model, device.name)
    return renderer.device_file(effective.vendor, rule, facts, effective.translation, effective.base_url, ipei=ipei)


def masked(effective: EffectiveDevice) -> EffectiveDevice:
    """A copy with all secrets masked before rendering, for display."""
    translation = effective.translation

    def shown(item: Parameter) -> Parameter:
        if item.layer == "server":
            # Mask only the token in our own URL; the rest of it is worth seeing.
            return replace(item, value=effective.access.hidden(item.value))
        return replace(item, value=MASK) if item.secret else item

    parameters = tuple(map(shown, translation.parameters))
    lines = tuple(replace(line, values={**line.values, "line.password": MASK}) for line in translation.repeated.lines)
    repeated = replace(translation.repeated, lines=lines)
    hidden = replace(translation, parameters=parameters, repeated=repeated)
    return replace(effective, access=effective.access.masked(), translation=hidden)


async def off_loop(device: Device, work: Callable[[], Made]) -> Made:
    """Run `work`; for a base in a thread, since a system with a thousand handsets takes a second.

    A thread does not make it faster, but other phones are served meanwhile.
    """
    return await asyncio.to_thread(work) if device.type is DeviceType.DECT_BASE else work()


def stamp_of(record: FetchRecord, catalogue: Catalogue, at: datetime) -> str:
    """The stamp of this record's file at this time."""
    return stamp(edition(catalogue, at), record.platform_revision, record.account.revision, record.device.revision)


def edition(catalogue: Catalogue, at: datetime) -> str:
    """The inputs common to all files: the catalogue and the current time zone rules."""
    return f"{catalogue.digest}-{generation(at)}"


@dataclass(frozen=True, slots=True)
class Ingredients:
    """The arguments of `compose`."""

    device: Device
    account: Account
    documents: Documents
    parts: Parts
    vendor: Vendor
    access: Access
    at: datetime

    def composed(self) -> EffectiveDevice:
        """Compose the device."""
        return compose(self.device, self.account, self.documents, self.parts, self.vendor, self.access, self.at)


@dataclass(frozen=True, slots=True)
class Configurations:
    """Effective configurations for the API and the CLI. `public_url`: for phones that have not fetched yet."""

    database: Database
    catalogue: Catalogue
    renderer: Renderer
    public_url: str
    proof_policy: ProofPolicy
    sources: Sources

    @property
    def edition(self) -> str:
        """The inputs common to all files now."""
        return edition(self.catalogue, self.sources.now())

    async def effective(self, account_id: str, device_id: str, *, user_agent: str = "") -> EffectiveDevice:
        """The effective configuration of a device, or as if its phone had sent `user_agent`.

        Raises like `ingredients`.
        """
        found = await self.ingredients(account_id, device_id, user_agent=user_agent)
        return await off_loop(found.device, found.composed)

    async def ingredients(self, account_id: str, device_id: str, *, user_agent: str = "") -> "Ingredients":
        """What the device's file is made from. Raises `NotFound` if the device or its vendor file does not exist.

        Raises `Impossible` for the User-Agent of a phone that this device cannot be.
        """
        async with self.database.read() as conn:
            return await self.ingredients_in(conn, account_id, device_id, user_agent=user_agent)

    async def ingredients_in(
        self, conn: Connection, account_id: str, device_id: str, *, user_agent: str = ""
    ) -> "Ingredients":
        """The same within a transaction."""
        sealer = self.database.sealer
        record = await find_by_id(conn, account_id, device_id)
        if record is None:
            raise NotFound(f"there is no device {device_id}")
        device = self._as_told(record.device, user_agent)
        parts = await read_parts(conn, sealer, device)
        vendor = self.catalogue.dialect_of(device)
        if vendor is None:
            raise NotFound(f"there is no vendor file for {device.vendor}")
        now = self.sources.now()
        url, secret = device.fetched_base_url or self.public_url, record.open_token(sealer)
        access = access_of(self.proof_policy, record.account, device, vendor, url, secret)
        return Ingredients(device, record.account, record.open_layers(sealer), parts, vendor, access, now)

    def _as_told(self, device: Device, user_agent: str) -> Device:
        claim = identify("/", {}, user_agent, self.catalogue)
        told = recognised(device, claim, self.catalogue) if claim and claim.agent else device
        if told is None:
            raise Impossible(f"a phone that calls itself so is not one of {device.vendor}, which this device is")
        return told

    async def config_states(
        self, devices: Sequence[Device], shared_stamps: Mapping[str, str]
    ) -> dict[str, ConfigState]:
        """Whether each phone has its current configuration. `shared_stamps`: account id -> shared part of the stamp.

        If the stamp differs, the file is rendered and compared, because most changes do not affect most phones.
        """
        states = {}
        for device in devices:
            if device.fetched_stamp is None:
                states[device.id] = ConfigState.NEVER
            elif device.fetched_stamp == f"{shared_stamps[device.account_id]}{device.revision}":
                states[device.id] = ConfigState.CURRENT
            else:
                states[device.id] = await self._compared(device)
        return states

    async def _compared(self, device: Device) -> ConfigState:
        try:
            effective = await self.effective(device.account_id, device.id)
            rule = next(rule for rule in effective.vendor.files if rule.provisions)
            document = await off_loop(device, lambda: render(self.renderer, effective, rule))
        except ProvserverError:
            # cannot be rendered, so it differs from what the phone has
            return ConfigState.STALE
        return ConfigState.CURRENT if document.etag == device.fetched_etag else ConfigState.STALE

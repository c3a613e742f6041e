"""Gets the rendered file for a request: from the process cache, the cache shared by all workers, or the renderer."""

import asyncio
import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import DeviceType
from provserver.domain.file_rules import FileRule
from provserver.domain.vendor import Vendor
from provserver.rendering.encryption import encrypted
from provserver.rendering.renderer import Document, Renderer
from provserver.services.devices.parts import read_parts
from provserver.services.fetching.document_cache import DocumentCache, Recent, Rendered
from provserver.services.fetching.render_queue import RenderQueue
from provserver.services.fetching.visits import Visit
from provserver.services.protection.access import ProofPolicy, access_of
from provserver.services.settings.effective import EffectiveDevice, Ingredients, render, stamp_of
from provserver.store.database import Database
from provserver.store.shared_cache import SharedCache

_BOOTING = 64  # devices whose composed settings are kept
_REHEARSAL = "rehearsal"

Handsets = tuple[tuple[str, int], ...]  # (id, revision) of each handset


class _Composing(NamedTuple):
    """`compose` returns the device's settings, with its handset revisions. The `size` tells how long that may take."""

    compose: Callable[[], tuple[EffectiveDevice, Handsets]]
    size: int


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """Looks up and renders files. One per process.

    `composed`: recently composed settings, since a booting phone requests several files in a row. `shared_cache`: the
    cache shared by the workers of this server, if there are several. Without it, a phone that reconnects to another
    worker would have its file rendered again, which costs more than all the rest of the boot.
    """

    database: Database
    catalogue: Catalogue
    renderer: Renderer
    proof_policy: ProofPolicy
    cache: DocumentCache
    render_queue: RenderQueue[Rendered]
    shared_cache: SharedCache | None = None
    composed: Recent[EffectiveDevice] = field(default_factory=lambda: Recent(_BOOTING))

    async def document(self, visit: Visit) -> tuple[Hashable, Rendered]:
        """Return the file and its cache key; rendered only if something it is made from has changed."""
        key = self._key(visit)
        rendered = self.cache.get(key)
        if rendered is None:
            rendered = await self._from_shared_cache(key) or await self._render(visit, key)
            self.cache.put(key, rendered)
        return key, rendered

    def common(self, vendor: Vendor, rule: FileRule, model: str | None) -> Document:
        """A file without per-device data. There are few of them."""
        key = vendor.dialect, rule.making, model
        known = self.cache.get(key) or Rendered(self.renderer.common_file(vendor, rule, model))
        self.cache.put(key, known)
        return known.document

    def _key(self, visit: Visit) -> Hashable:
        """Cache key: everything that the file is made from."""
        return visit.match.rule.making, visit.match.ipei, self._about(visit)

    def _about(self, visit: Visit) -> Hashable:
        """Everything that all files of the device are made from."""
        device, url = visit.device, visit.request.public_url
        return device.id, visit.vendor.dialect, device.model, url, stamp_of(visit.record, self.catalogue, visit.at)

    async def _from_shared_cache(self, key: Hashable) -> Rendered | None:
        if self.shared_cache is None or key not in self.shared_cache:
            return None
        content = await asyncio.to_thread(self.shared_cache.get, key)
        return _unpacked(content) if content else None

    async def _render(self, visit: Visit, key: Hashable) -> Rendered:
        about, rule = self._about(visit), visit.match.rule
        composing = await self._composing(visit, about)

        def made() -> Rendered:
            effective, handsets = composing.compose()
            document = render(self.renderer, effective, rule, ipei=visit.match.ipei)
            if visit.device.type is DeviceType.DESKPHONE:  # the system of a base may fill some ten megabytes
                self.composed.put(about, effective)
            return Rendered(encrypted(document, rule, effective.encryption_key), handsets)

        kind = _kind(visit.vendor, rule, composing.size)
        rendered = await self.render_queue.run(key, visit.record.account.id, made, kind=kind)
        if self.shared_cache:
            self.shared_cache.put_soon(key, _packed(rendered))
        return rendered

    async def rehearse(self, ingredients: Ingredients) -> None:
        """Render the files of an imaginary device, so that the first real one of its kind does not take longer.

        Twice, as only the second time tells how long they will take.
        """
        vendor, device = ingredients.vendor, ingredients.device
        rules = {rule.making: rule for rule, _ in vendor.rules_for(device.model) if rule.provisions}
        for rule in (*rules.values(), *rules.values()):
            made = partial(self._rehearsed, ingredients, rule)
            kind = _kind(vendor, rule, ingredients.parts.size)
            await self.render_queue.run((_REHEARSAL, kind), _REHEARSAL, made, kind=kind)

    def _rehearsed(self, ingredients: Ingredients, rule: FileRule) -> Rendered:
        return Rendered(render(self.renderer, ingredients.composed(), rule))

    async def _composing(self, visit: Visit, about: Hashable) -> _Composing:
        """Read what the device needs."""
        if known := self.composed.get(about):
            return _Composing(lambda: (known, ()), len(known.translation.parameters))
        record, sealer = visit.record, self.database.sealer
        # A base may have a thousand handsets, a desk phone has a few lines.
        look = self.database.look_up if visit.device.type is DeviceType.DESKPHONE else self.database.look
        parts = await look(partial(read_parts, sealer=sealer, device=visit.device))

        def compose() -> tuple[EffectiveDevice, Handsets]:
            secret, url = record.open_token(sealer), visit.request.public_url
            access = access_of(self.proof_policy, record.account, record.device, visit.vendor, url, secret)
            layers = record.open_layers(sealer)
            of_device = Ingredients(visit.device, record.account, layers, parts, visit.vendor, access, visit.at)
            return of_device.composed(), parts.handset_revisions

        layers_size = sum(len(sealed) for sealed in record.sealed_layers if sealed)
        return _Composing(compose, parts.size + layers_size // 1024)


def _kind(vendor: Vendor, rule: FileRule, size: int) -> Hashable:
    """Files of one kind take about equally long."""
    return vendor.dialect, rule.making, size.bit_length()


def _packed(rendered: Rendered) -> bytes:
    document = rendered.document
    facts = json.dumps([document.content_type, document.etag, rendered.handsets])
    return facts.encode() + b"\n" + document.body


def _unpacked(content: bytes) -> Rendered:
    facts, _, body = content.partition(b"\n")
    content_type, etag, handsets = json.loads(facts)
    return Rendered(
        Document(body, content_type, etag), tuple((device_id, revision) for device_id, revision in handsets)
    )

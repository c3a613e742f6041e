"""The story of one request: a phone asks for a file."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network

from provserver.domain.certificates import fits
from provserver.domain.device import Device
from provserver.domain.errors import CannotCarry, RenderingFailed
from provserver.domain.identify import Claim, Match, identify
from provserver.domain.proofs import REFUSED, Evidence, Secret, Verdict, judge
from provserver.domain.vendor import Catalogue
from provserver.rendering.renderer import Document, Renderer
from provserver.services.cache import DocumentCache, Rendered
from provserver.services.effective import compose, off_loop, render, stamp_of, token_folder
from provserver.services.files import is_served
from provserver.services.parts import read_parts
from provserver.services.recording import Recorder
from provserver.services.sources import Sources
from provserver.services.visits import Answer, PhoneRequest, Visit
from provserver.store.database import Database
from provserver.store.devices import pin_window
from provserver.store.fetches import FetchRecord, find_by_mac, find_by_token, hash_token


@dataclass(frozen=True, slots=True)
class Doors:
    """What lets phones in: the accepted proofs, and the networks that the proof `network` believes."""

    proofs: Collection[str]
    networks: Collection[IPv4Network | IPv6Network]


@dataclass(frozen=True, slots=True)
class Provisioning:
    """Answers phones. One instance serves all requests of a process."""

    database: Database
    catalogue: Catalogue
    renderer: Renderer
    cache: DocumentCache
    recorder: Recorder
    sources: Sources
    doors: Doors

    async def answer(self, request: PhoneRequest) -> Answer:
        """Identify, find, prove, note the model, render, record. Raises what is an outage or a mistake of ours.

        `StoreUnavailable`, `RenderingFailed` and `CannotCarry` pass: none of them may look like an unknown phone.
        """
        claim = identify(request.raw_path, request.query, request.user_agent, self.catalogue, request.certificate)
        if claim is None:
            return Answer(reason="no path that a phone asks for")
        if claim.contradicts_itself:
            return _refusal(claim, "names two MACs")
        common = _common_match(claim)
        if common:
            return self._common_file(claim, common)
        record, by_token = await self._find(claim)
        if record is None:
            self.recorder.unknown(request, claim)
            return _refusal(claim, "unknown MAC" if claim.mac else "nothing that a phone asks for")
        contradiction = _contradiction(claim, record.device)
        if contradiction:
            return _refusal(claim, contradiction)
        device = _with_told_model(record.device, claim)
        vendor = self.catalogue.dialect_of(device)
        match = claim.match_for(vendor.dialect) if vendor else None
        if vendor is None or match is None:
            return _refusal(claim, f"no file of a {device.type.value} of {device.vendor}")
        visit = Visit(
            request,
            claim,
            record,
            replace(device, model=vendor.model_named(device.model) or device.model),
            vendor,
            match,
        )
        visit.verdict = await self._prove(visit, by_token)
        if visit.verdict.proof is None:
            self.recorder.refused(visit)
            return _refusal(claim, "no proof")
        if not is_served(match.rule, device):
            return _refusal(claim, "a file that is not served")
        return await self._serve(visit)

    def _common_file(self, claim: Claim, match: Match) -> Answer:
        """A file without anybody's data is for everybody."""
        if match.rule.template is None:
            return _refusal(claim, "a file that is not served")
        vendor = self.catalogue.dialects[match.dialect]
        model = vendor.model_named(claim.agent.model if claim.agent else match.model)
        document = self.renderer.common_file(vendor, match.rule, model)
        return replace(_refusal(claim, None), document=document, vendor=vendor.vendor, model=model)

    async def _find(self, claim: Claim) -> tuple[FetchRecord | None, bool]:
        """One short read: by the token where it is somebody's (True), else by the MAC."""
        async with self.database.read() as conn:
            if claim.token:
                record = await find_by_token(conn, hash_token(claim.token))
                if record:
                    return record, True
            return (await find_by_mac(conn, claim.mac) if claim.mac else None), False

    async def _prove(self, visit: Visit, by_token: bool) -> Verdict:
        request, device = visit.request, visit.record.device
        verdict = judge(self.doors.proofs, self.doors.networks, device, self._evidence(visit, by_token))
        if verdict.pins_window and request.leaves_traces:
            # Of two addresses that come at once only one may have the window, so this is decided in the store.
            async with self.database.write() as conn:
                if not await pin_window(conn, device.id, request.source):
                    return REFUSED
        return verdict

    def _evidence(self, visit: Visit, by_token: bool) -> Evidence:
        token = Secret.CURRENT if by_token else None
        certificate = fits(visit.request.certificate, visit.vendor, visit.device.mac)
        return Evidence(visit.request.source, self.sources.now(), certificate=certificate, token=token)

    async def _serve(self, visit: Visit) -> Answer:
        try:
            rendered = await self._document(visit)
        except (RenderingFailed, CannotCarry) as error:
            await self.recorder.failed(visit, error)
            raise
        not_modified = _same_entity(visit.request.if_none_match, rendered.document.etag)
        await self.recorder.served(visit, rendered, not_modified=not_modified)
        return Answer(
            document=rendered.document,
            not_modified=not_modified,
            file=visit.claim.file,
            mac=str(visit.device.mac),
            vendor=visit.vendor.vendor,
            model=visit.device.model,
            proof=visit.verdict.proof,
        )

    async def _document(self, visit: Visit) -> Rendered:
        """From the cache while nothing it is made from has changed, else made anew."""
        device, url = visit.device, visit.request.public_url
        stamp = stamp_of(visit.record, self.catalogue)
        key = (device.id, visit.match.rule.id, visit.match.ipei, device.model, url, stamp)
        rendered = self.cache.get(key)
        if rendered is None:
            rendered = await self._render(visit)
            self.cache.put(key, rendered)
        return rendered

    async def _render(self, visit: Visit) -> Rendered:
        record, sealer = visit.record, self.database.sealer
        async with self.database.read() as conn:
            parts = await read_parts(conn, sealer, visit.device)
        folder = token_folder(visit.request.public_url, record.open_token(sealer))
        layers = record.open_layers(sealer)

        def made() -> Document:
            effective = compose(visit.device, record.account, layers, parts, visit.vendor, folder)
            return render(self.renderer, effective, visit.match.rule, ipei=visit.match.ipei)

        return Rendered(await off_loop(visit.device, made), parts.handset_revisions)


def _refusal(claim: Claim, reason: str | None) -> Answer:
    agent = claim.agent
    return Answer(
        file=claim.file,
        mac=str(claim.mac) if claim.mac else None,
        vendor=agent.vendor if agent else None,
        model=agent.model if agent else None,
        reason=reason,
    )


def _common_match(claim: Claim) -> Match | None:
    """The common file that is asked for: of the vendor that the User-Agent tells, else the first that has it."""
    common = [match for match in claim.matches if match.rule.scope == "common"]
    own = [match for match in common if claim.agent and match.vendor == claim.agent.vendor]
    return next(iter(own or common), None)


def _contradiction(claim: Claim, device: Device) -> str | None:
    """Why a request cannot be this device's: a file is only ever rendered for the device that asks."""
    if claim.mac and claim.mac != device.mac:
        return "the token is another device's"
    if claim.agent and claim.agent.vendor != device.vendor:
        return f"a phone of {claim.agent.vendor}"
    return None


def _with_told_model(device: Device, claim: Claim) -> Device:
    """The device with the model and firmware it has just told, so that the first file already fits."""
    model = claim.told_model(device.vendor)
    firmware = claim.agent.firmware if claim.agent else None
    return replace(device, model=model or device.model, firmware_version=firmware or device.firmware_version)


def _same_entity(if_none_match: str | None, etag: str) -> bool:
    """Weak comparison of If-None-Match (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags

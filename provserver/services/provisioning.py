"""Handles one phone request from start to finish: identify, look up, authenticate, render, record."""

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from provserver.domain.catalogue import Catalogue
from provserver.domain.certificates import fits
from provserver.domain.errors import CannotCarry, RenderingFailed, StoreUnavailable
from provserver.domain.freshness import same_entity
from provserver.domain.identify import Claim, Match, identify, is_challenged
from provserver.domain.proofs import GUESSABLE, REFUSED, Evidence, Secret, Verdict, judge, why_refused
from provserver.domain.recognition import recognised
from provserver.domain.refusals import Refusal
from provserver.domain.vendor import Vendor
from provserver.rendering.clocks import next_turn
from provserver.services.fetching.contacts import WindowTaken
from provserver.services.fetching.document_cache import Rendered
from provserver.services.fetching.document_source import DocumentSource
from provserver.services.fetching.files import is_served
from provserver.services.fetching.record_cache import RecordCache
from provserver.services.fetching.recording import Recorder
from provserver.services.fetching.request_cache import CachedRequest, Repeat, RequestCache
from provserver.services.fetching.visits import Answer, Lasting, PhoneRequest, Visit
from provserver.services.protection.access import ProofPolicy
from provserver.services.protection.account_limit import AccountLimit
from provserver.services.protection.challenges import Answered, Challenges
from provserver.services.protection.mac_guessing import Guard
from provserver.services.sources import Sources
from provserver.store.fetches import FetchRecord, Found
from provserver.store.revalidation import Standing


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request about an existing device. `token`: state of the token in the path; `stale_for`: see `Found`."""

    request: PhoneRequest
    claim: Claim
    record: FetchRecord
    token: Secret | None
    stale_for: float | None


@dataclass(frozen=True, slots=True)
class Provisioning:
    """Answers phone requests. One instance per process."""

    catalogue: Catalogue
    records: RecordCache
    document_source: DocumentSource
    recorder: Recorder
    sources: Sources
    proof_policy: ProofPolicy
    challenges: Challenges
    guard: Guard
    request_cache: RequestCache[CachedRequest]
    account_limit: AccountLimit

    async def answer(self, request: PhoneRequest) -> Answer:
        """Return the answer. Outages and internal errors are raised: they must never look like an unknown phone.

        Raises `StoreUnavailable`, `Overloaded`, `RenderingFailed` or `CannotCarry`.
        """
        answer = await self._answer(request)
        if answer.document is None and answer.proof is None and is_challenged(request.raw_path):
            return replace(answer, challenge=True)
        return answer

    async def _answer(self, request: PhoneRequest) -> Answer:
        """Identify the request and serve common files straight away; anything else needs a device lookup."""
        username = request.authorization.username if request.authorization else ""
        said = (request.raw_path, request.query, request.user_agent, self.catalogue, request.certificate)
        claim = identify(*said, username=username)
        if claim is None:
            return Answer(reason=Refusal.NO_PATH.told())
        if claim.contradicts_itself:
            return _refusal(claim, Refusal.TWO_MACS.told(claim.all_macs))
        common = claim.common_match()
        if common:
            return self._common_file(claim, common)
        answer = await self._answer_about_a_device(request, claim)
        return answer if answer.document or answer.proof else replace(answer, in_its_time=True)

    async def answer_again(self, cached: CachedRequest, request_id: str, if_none_match: str | None) -> Answer | None:
        """Answer from the request cache. Returns None on a miss, when the full path must be taken."""
        at = self.sources.now()
        if at >= cached.repeat.until or not await self.records.still_stands(cached.remembered):
            return None
        rendered = self.document_source.cache.get(cached.repeat.document_key)
        if rendered is None:
            return None
        same = same_entity(if_none_match, cached.etag)
        self._note(cached.repeat.unmodified() if same else cached.repeat, request_id, at)
        return replace(cached.answer, document=rendered.document, not_modified=same)

    def served_again(self, repeat: Repeat, request_id: str, at: datetime) -> bytes | None:
        """Return the cached body once the record has been revalidated; None if it has expired or been evicted."""
        rendered = self.document_source.cache.get(repeat.document_key) if at < repeat.until else None
        if rendered is None:
            return None
        self._note(repeat, request_id, at)
        return rendered.document.body

    def answered_again(self, lasting: Lasting, source: str) -> None:
        """Register a repeat of an answer that leaves nothing but the successful proof (see `Lasting`)."""
        self.guard.proved(source, lasting.mac)

    def _note(self, repeat: Repeat, request_id: str, at: datetime) -> None:
        self.guard.proved(repeat.source, repeat.mac)
        self.recorder.seen(repeat.trace, request_id, at)

    async def _answer_about_a_device(self, request: PhoneRequest, claim: Claim) -> Answer:
        """Look up the device, authenticate, render, record."""
        may_ask = self.guard.may_ask(request.source, claim.mac)
        if not may_ask and _shows_nothing(request, claim):
            return self._turned_away(request, claim)
        found = await self._find(claim)
        if found.record is None:
            return self._unknown(request, claim)
        asked = _Asked(request, claim, found.record, found.token, found.stale_for)
        visit = self._visit(asked)
        if isinstance(visit, Answer):
            return visit
        evidence, stale = self._evidence(asked, visit.vendor)
        visit.verdict = self._prove(visit, evidence, guessable=may_ask and found.stale_for is None)
        if visit.verdict.proof is not None:
            with suppress(WindowTaken):
                return await self._answer_proven(visit)
            visit.verdict = REFUSED
        return self._refuse(visit, evidence, stale=stale)

    async def _answer_proven(self, visit: Visit) -> Answer:
        """Serve an authenticated request. Raises `WindowTaken` if another address got the window first."""
        self.guard.proved(visit.request.source, visit.device.mac)
        if not is_served(visit.match.rule, visit.device):
            return self._not_served(visit)
        if reason := visit.vendor.model(visit.device.model).not_rendered:
            await self.recorder.only_recognised(visit, reason)
            refusal = _refusal(visit.claim, Refusal.ONLY_RECOGNISED.told(visit.device.model))
            return replace(refusal, proof=visit.verdict.proof)
        with self.account_limit.taken_by(visit.record.account.id):
            return await self._serve(visit)

    def _not_served(self, visit: Visit) -> Answer:
        """Refuse a file we do not provide. Cacheable: nearly half of a phone's boot requests are for optional files."""
        remembered, lasting = self._standing(visit), None
        if visit.proves_again and remembered:
            lasting = Lasting(remembered, visit.device.mac)
        return replace(_refusal(visit.claim, Refusal.NOT_SERVED.told()), proof=visit.verdict.proof, lasting=lasting)

    def _unknown(self, request: PhoneRequest, claim: Claim) -> Answer:
        """The MAC has no device, or the request names no MAC at all."""
        self.challenges.examine(request, None)  # takes as long as for a known device
        self.guard.failed(request.source, claim.mac)
        self.recorder.unknown(request, claim)
        return _refusal(claim, (Refusal.UNKNOWN_MAC if claim.mac else Refusal.NO_FILE_NAME).told())

    def _visit(self, asked: _Asked) -> Visit | Answer:
        """Match the request with the device's vendor and file rules, or refuse it before any proof is checked."""
        claim, record = asked.claim, asked.record
        device = recognised(record.device, claim, self.catalogue)
        if device is None:
            return _refusal(claim, Refusal.OTHER_VENDOR.told(claim.agent.vendor if claim.agent else None))
        vendor = self.catalogue.dialect_of(device)
        match = claim.match_for(vendor.dialect) if vendor else None
        if vendor is None or match is None:
            refusal = _refusal(claim, Refusal.NO_FILE_OF_TYPE.told(device.type.value, device.vendor))
            return replace(refusal, proof=self._answered_proof(asked, vendor)) if claim.challenged else refusal
        if (model := vendor.model_named(device.model)) and model != device.model:
            device = replace(device, model=model)
        at = self.sources.now()
        return Visit(asked.request, claim, record, device, vendor, match, at, stale_for=asked.stale_for)

    def _answered_proof(self, asked: _Asked, vendor: Vendor | None) -> str | None:
        """The proof of a request that matches no file: with valid credentials it must not be challenged again."""
        device, (evidence, _) = asked.record.device, self._evidence(asked, vendor)
        accepted = self.proof_policy.accepted_for(asked.record.account, device)
        return judge(accepted, self.proof_policy.networks, device, evidence).proof

    def _turned_away(self, request: PhoneRequest, claim: Claim) -> Answer:
        """Refuse without a database lookup: this source has asked for too many unknown MACs."""
        self.guard.turned_away(request.source)
        return _refusal(claim, Refusal.TOO_MANY_UNKNOWN.told())

    def _refuse(self, visit: Visit, evidence: Evidence, *, stale: bool) -> Answer:
        """Refuse: no proof holds.

        Under a challenge, a first attempt without credentials or with an expired nonce does not count as a failure.
        Raises `StoreUnavailable` if the database is down, because it might hold a proof that the cached record lacks.
        """
        challenged = visit.claim.challenged
        why = why_refused(self.proof_policy.accepted_for(visit.record.account, visit.device), visit.device, evidence)
        tried = not challenged or (visit.request.authorization is not None and not stale)
        if tried and visit.stale_for is not None:
            raise StoreUnavailable("the database is away, and without it no proof holds")
        if not challenged:
            self.guard.failed(visit.request.source, visit.claim.mac)
        if tried:
            self.recorder.refused(visit, why)
        return replace(_refusal(visit.claim, why), stale=stale)

    def _common_file(self, claim: Claim, match: Match) -> Answer:
        """Serve a file without per-device data. It needs no authentication."""
        if match.rule.template is None:
            return replace(_refusal(claim, Refusal.NOT_SERVED.told()), lasting=Lasting())
        vendor = self.catalogue.dialects[match.dialect]
        model = vendor.model_named(claim.agent.model if claim.agent else match.model)
        document = self.document_source.common(vendor, match.rule, model)
        return replace(_refusal(claim, None), document=document, vendor=vendor.vendor, model=model, lasting=Lasting())

    async def _find(self, claim: Claim) -> Found:
        if claim.mac is None and claim.token is None:
            return Found(None)
        return await self.records.find(claim.mac, claim.token)

    def _evidence(self, asked: _Asked, vendor: Vendor | None) -> tuple[Evidence, bool]:
        """Collect the proofs in the request; also whether its credentials are right but the nonce has expired."""
        request, record, challenged = asked.request, asked.record, asked.claim.challenged
        answered = self.challenges.examine(request, record) if challenged else Answered()
        evidence = Evidence(
            request.source,
            self.sources.now(),
            certificate=fits(request.certificate, vendor, record.device.mac) if vendor else None,
            token=asked.token,
            digest=answered.digest,
            basic=answered.basic,
            challenged=challenged,
        )
        return evidence, answered.stale

    def _prove(self, visit: Visit, evidence: Evidence, *, guessable: bool) -> Verdict:
        """Check the proofs that this device accepts.

        Without `guessable`, proofs that a guessed MAC alone satisfies are ignored. That is the case for a source over
        its limit of unknown MACs, and while the database is unreachable.
        """
        accepted = self.proof_policy.accepted_for(visit.record.account, visit.record.device)
        if not guessable:
            accepted = [proof for proof in accepted if proof not in GUESSABLE]
        return judge(accepted, self.proof_policy.networks, visit.record.device, evidence)

    async def _serve(self, visit: Visit) -> Answer:
        try:
            key, rendered = await self.document_source.document(visit)
        except (RenderingFailed, CannotCarry) as error:
            await self.recorder.failed(visit, error)
            raise
        not_modified = same_entity(visit.request.if_none_match, rendered.document.etag)
        is_quiet = await self.recorder.served(visit, rendered, not_modified=not_modified)
        answer = Answer(
            document=rendered.document,
            not_modified=not_modified,
            file=visit.claim.file,
            mac=str(visit.device.mac),
            vendor=visit.vendor.vendor,
            model=visit.device.model,
            proof=visit.verdict.proof,
            stale_for=visit.stale_for,
        )
        if is_quiet and visit.is_repeatable:
            self._remember(visit, key, rendered, answer)
        return answer

    def _remember(self, visit: Visit, document_key: Hashable, rendered: Rendered, answer: Answer) -> None:
        """Cache the answer for identical requests; valid while the record it was made from is unchanged."""
        words, remembered = visit.request.words, self._standing(visit)
        if words is not None and remembered:
            trace = self.recorder.trace(visit, rendered)
            repeat = Repeat(visit.request.source, visit.device.mac, document_key, next_turn(visit.at), trace)
            # What else the request said is looked at only once, and would be half of what is kept.
            request = replace(visit.request, query={}, authorization=None, if_none_match=None, request_id="")
            told = replace(answer, document=None, not_modified=False)
            cached = CachedRequest(request, remembered, rendered.document.etag, told, repeat)
            self.request_cache.put(words, cached)

    def _standing(self, visit: Visit) -> Standing | None:
        return self.records.standing_of(visit.record, visit.claim.mac, visit.claim.token)


def _refusal(claim: Claim, reason: str | None) -> Answer:
    agent = claim.agent
    return Answer(
        file=claim.file,
        mac=str(claim.mac) if claim.mac else None,
        vendor=agent.vendor if agent else None,
        model=agent.model if agent else None,
        reason=reason,
    )


def _shows_nothing(request: PhoneRequest, claim: Claim) -> bool:
    """Whether the request carries no proof besides the MAC itself."""
    return claim.token is None and request.certificate is None and not claim.challenged

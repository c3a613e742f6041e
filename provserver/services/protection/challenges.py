"""HTTP authentication challenges under `/d/` (RFC 7616 Digest, RFC 7617 Basic) and the checking of responses."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from provserver.domain.authorization import BasicAnswer, DigestAnswer, challenge
from provserver.domain.nonces import SeenNonces, is_young, make_nonce, nonce_time
from provserver.domain.proofs import Secret
from provserver.services.fetching.visits import PhoneRequest
from provserver.services.sources import Sources
from provserver.store.fetches import FetchRecord, hash_token
from provserver.store.sealing import Sealer

REALM = "provserver"
_OPENED = 20_000  # decrypted secrets kept in memory, so that a digest costs only its hashes
_NOBODYS = "nobody has this secret"


@dataclass(frozen=True, slots=True)
class Answered:
    """Result of checking an Authorization header. `stale`: right credentials, but the nonce is expired or reused."""

    digest: Secret | None = None
    basic: Secret | None = None
    stale: bool = False


class Challenges:
    """Issues challenges and verifies the responses; one per process.

    `algorithms`: digest algorithms in order of preference. `basic`: whether Basic is offered; over plain HTTP only if
    `basic_without_tls` is set as well.
    """

    def __init__(
        self, sealer: Sealer, sources: Sources, algorithms: Sequence[str], *, basic: bool, basic_without_tls: bool
    ) -> None:
        self._sealer = sealer
        self._sources = sources
        self._algorithms = algorithms
        self._basic = basic
        self._basic_without_tls = basic_without_tls
        self._seen = SeenNonces()
        self._open = lru_cache(maxsize=_OPENED)(sealer.open)

    def headers(self, request: PhoneRequest, *, stale: bool) -> list[str]:
        """The WWW-Authenticate headers of a 401. They depend on neither the device nor the file."""
        nonce = make_nonce(self._key(), self._sources.now(), request.source, self._sources.entropy(6))
        asked = [challenge(REALM, nonce, algorithm, stale=stale) for algorithm in self._algorithms]
        if self._basic and self._may_be_basic(request):
            asked.append(f'Basic realm="{REALM}", charset="UTF-8"')
        return asked

    def examine(self, request: PhoneRequest, record: FetchRecord | None) -> Answered:
        """Check the request's credentials against the device. Takes equally long if there is no device."""
        match request.authorization:
            case BasicAnswer() as answer:
                return self._basically(request, answer, record)
            case DigestAnswer() as answer:
                return self._digested(request, answer, record)
            case None:
                return Answered()

    def _basically(self, request: PhoneRequest, answer: BasicAnswer, record: FetchRecord | None) -> Answered:
        if not self._may_be_basic(request):
            return Answered()
        shown = hash_token(answer.password)
        return Answered(basic=record.known_secret(shown) if record else Secret.UNKNOWN)

    def _digested(self, request: PhoneRequest, answer: DigestAnswer, record: FetchRecord | None) -> Answered:
        offered = answer.realm == REALM and answer.algorithm in self._algorithms
        secret = self._secret_of(request, answer, record)
        if not offered or not answer.is_for(request.target) or secret is Secret.UNKNOWN:
            return Answered(digest=Secret.UNKNOWN)
        if not self._use(answer, request.source):
            return Answered(stale=True)
        return Answered(digest=secret)

    def _secret_of(self, request: PhoneRequest, answer: DigestAnswer, record: FetchRecord | None) -> Secret:
        current, previous = (record.token_sealed, record.previous_token_sealed) if record else (None, None)
        for sealed, secret in ((current, Secret.CURRENT), (previous, Secret.PREVIOUS)):
            if secret is Secret.PREVIOUS and sealed is None:
                continue
            password = self._open(sealed) if sealed else _NOBODYS
            if answer.fits(request.method, password) and sealed:
                return secret
        return Secret.UNKNOWN

    def _use(self, answer: DigestAnswer, source: str) -> bool:
        made, now = nonce_time(self._key(), answer.nonce, source), self._sources.now()
        return made is not None and is_young(made, now) and self._seen.use(answer.nonce, made, answer.count, now)

    def _may_be_basic(self, request: PhoneRequest) -> bool:
        return request.secure or self._basic_without_tls

    def _key(self) -> bytes:
        return self._sealer.derived_key("digest nonces")

"""Values passed along the provisioning path."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime

from provserver.domain.authorization import BasicAnswer, DigestAnswer
from provserver.domain.certificates import ClientCertificate
from provserver.domain.device import Device
from provserver.domain.identify import Claim, Match
from provserver.domain.mac import Mac
from provserver.domain.proofs import REFUSED, Verdict
from provserver.domain.vendor import Vendor
from provserver.rendering.renderer import Document
from provserver.store.fetches import FetchRecord
from provserver.store.revalidation import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRequest:
    """A request as received.

    - `public_url`: base URL under which the phone reaches us, without a trailing slash
    - `source`: the phone's IP address, after trusted proxies
    - `target`: path and query as sent
    - `secure`: received over TLS
    - `authorization`: credentials sent in answer to a challenge
    - `words`: cache key made of everything the request says; None if a repeat must not be answered from the cache
    """

    raw_path: str
    query: Mapping[str, str]
    user_agent: str
    source: str
    public_url: str
    request_id: str
    method: str = "GET"
    target: str = ""
    secure: bool = False
    certificate: ClientCertificate | None = None
    authorization: BasicAnswer | DigestAnswer | None = None
    if_none_match: str | None = None
    words: Hashable = None

    @property
    def leaves_traces(self) -> bool:
        """Whether the request is recorded. HEAD is not."""
        return self.method == "GET"


@dataclass(slots=True)
class Visit:
    """A request for a file of a known device.

    `device` includes what the phone reports about itself in this request. `at`: the time for which the file is
    rendered. `stale_for`: seconds since the record was last confirmed, if the database is unreachable; else None.
    """

    request: PhoneRequest
    claim: Claim
    record: FetchRecord
    device: Device
    vendor: Vendor
    match: Match
    at: datetime
    verdict: Verdict = REFUSED
    stale_for: float | None = None

    @property
    def proves_again(self) -> bool:
        """Whether an identical request would be authenticated again, as long as the record is unchanged.

        True for proofs that depend on neither time nor a nonce.
        """
        return self.stale_for is None and self.verdict.proof in ("token", "network")

    @property
    def is_repeatable(self) -> bool:
        """Whether an identical request would also have the same effect."""
        return self.proves_again and not (self.verdict.ends_window or self.verdict.ends_overlap)


@dataclass(frozen=True, slots=True)
class Lasting:
    """Marks an answer that can be repeated without being recorded.

    It holds while `remembered`, the record of the device with this MAC, is unchanged; without a record, always.
    """

    remembered: Standing | None = None
    mac: Mac | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a phone gets, plus facts for the log. Without a document it is the uniform refusal, for `reason`.

    - `challenge`: send a 401 with challenges
    - `stale`: the credentials were right but the nonce had expired (RFC 7616, section 3.3)
    - `in_its_time`: delay the refusal to a constant time, so that timing reveals nothing
    - `lasting`: the answer may be cached and repeated
    - `stale_for`: seconds since the record was last confirmed, if the database was unreachable
    """

    document: Document | None = None
    not_modified: bool = False
    challenge: bool = False
    stale: bool = False
    in_its_time: bool = False
    lasting: Lasting | None = None
    file: str | None = None
    mac: str | None = None
    vendor: str | None = None
    model: str | None = None
    proof: str | None = None
    reason: str | None = None
    stale_for: float | None = None

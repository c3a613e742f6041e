"""The values that travel through the story of one request."""

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
from provserver.store.revalidation import CachedRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRequest:
    """What came over the wire.

    `public_url` is the address the phone used (or must use), without a slash at the end; `target` is path and query as
    they were sent; `secure`: it came by TLS; `authorization`: its answer to a challenge. `words` is everything that the
    request said, as one value; None where saying the same again would not be the same.
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
        """Whether it is recorded; HEAD is not."""
        return self.method == "GET"


@dataclass(slots=True)
class Visit:
    """A request for a device's file on its way. `device` carries what the phone has just told of itself.

    Its file is made as of the moment `at`. `stale_for`: the database is away, and told last so many seconds ago that
    the record stands.
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
        """Whether the same words prove the same again while the record stands: neither time nor a nonce counts."""
        return self.stale_for is None and self.verdict.proof in ("token", "network")

    @property
    def is_repeatable(self) -> bool:
        """Whether being served does the same again, too."""
        return self.proves_again and not (self.verdict.ends_window or self.verdict.ends_overlap)


@dataclass(frozen=True, slots=True)
class Lasting:
    """What an answer hangs on that the same words get again: that `remembered` stands, the record of who has this MAC.

    Without one it is everybody's, whatever is in the database. Neither leaves a trace there.
    """

    remembered: CachedRecord | None = None
    mac: Mac | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the phone gets, with what the log tells of it. Without a document it is the uniform refusal, for a `reason`.

    `challenge`: it is asked for its credentials; `stale`: once more, since they were right. `in_its_time`: a refusal
    that must come as late as any other, since what was found out on the way to it took its time. `lasting`: it is
    given again without a look. `stale_for`: it was given while the database was away, from what was known to
    stand so many seconds ago.
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

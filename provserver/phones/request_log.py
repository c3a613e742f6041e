"""The log line for each phone request. File names are logged without the token in the path."""

from datetime import datetime
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.identify import identify
from provserver.logs import Line
from provserver.services.fetching.visits import Answer, PhoneRequest

EVENT = "phone_request"


def facts_of(asked: PhoneRequest, answer: Answer, status: int) -> dict[str, Any]:
    """The fields of the line that are the same for every repeat of the request."""
    return {
        "method": asked.method,
        "file": answer.file,
        "status": status,
        "mac": answer.mac,
        "vendor": answer.vendor,
        "model": answer.model,
        "proof": answer.proof,
        "source": asked.source,
    }


def log_request(
    log: Any,
    at: datetime,
    asked: PhoneRequest,
    answer: Answer,
    status: int,
    *,
    request_id: str,
    seconds: float,
    failure: str | None,
) -> None:
    """Write the line. `failure`: the internal error, if any."""
    facts = facts_of(asked, answer, status)
    if answer.stale_for is not None:
        facts |= {"database": "away", "stale_for": round(answer.stale_for)}
    if asked.certificate:
        facts["certificate"] = str(asked.certificate)
    if reason := failure or answer.reason:
        facts["reason"] = reason
    line = Line(log, EVENT, facts, "error" if failure else "info")
    line.tell(at, {"milliseconds": round(seconds * 1000, 2), "request_id": request_id})


def claimed(asked: PhoneRequest, catalogue: Catalogue) -> Answer:
    """What the request says about itself, for the log line of a request that failed."""
    claim = identify(asked.raw_path, asked.query, asked.user_agent, catalogue, asked.certificate)
    if claim is None:
        return Answer()
    vendor, model = (claim.agent.vendor, claim.agent.model) if claim.agent else (None, None)
    return Answer(file=claim.file, mac=str(claim.mac) if claim.mac else None, vendor=vendor, model=model)

"""The log line for each phone request. File names are logged without the token in the path."""

import logging
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.identify import identify
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
    log: Any, asked: PhoneRequest, answer: Answer, status: int, *, request_id: str, seconds: float, failure: str | None
) -> None:
    """Write the line. `failure`: the internal error, if any."""
    log.log(
        logging.ERROR if failure else logging.INFO,
        EVENT,
        **facts_of(asked, answer, status),
        milliseconds=round(seconds * 1000, 2),
        request_id=request_id,
        **({} if answer.stale_for is None else {"database": "away", "stale_for": round(answer.stale_for)}),
        **({"certificate": str(asked.certificate)} if asked.certificate else {}),
        **({"reason": failure or answer.reason} if failure or answer.reason else {}),
    )


def claimed(asked: PhoneRequest, catalogue: Catalogue) -> Answer:
    """What the request says about itself, for the log line of a request that failed."""
    claim = identify(asked.raw_path, asked.query, asked.user_agent, catalogue, asked.certificate)
    if claim is None:
        return Answer()
    vendor, model = (claim.agent.vendor, claim.agent.model) if claim.agent else (None, None)
    return Answer(file=claim.file, mac=str(claim.mac) if claim.mac else None, vendor=vendor, model=model)

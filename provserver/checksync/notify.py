"""Builds the NOTIFY. Pure.

It is sent outside of a subscription. RFC 6665 requires a 481 for that, but phones accept these events. It therefore has
`Subscription-State: terminated`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sipmessage import URI, Address, CSeq, Parameters, Request, Via

from provserver.domain.checksync import Target

MAGIC = "z9hG4bK"
"""The magic cookie that starts every branch (RFC 3261, section 8.1.1.7)."""

_MAX_FORWARDS = "70"


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender, the same in all attempts for one line. `identity`: `user@domain` of the From header."""

    identity: str
    tag: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Local:
    """Our end of the flow: transport (`UDP`, `TCP`, `TLS`), address as in a URI (IPv6 in brackets), port."""

    transport: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What differs between attempts: CSeq number, branch, and credentials.

    `credentials` are header name and value: `("Proxy-Authorization", "Digest …")`.
    """

    cseq: int
    branch: str
    credentials: tuple[tuple[str, str], ...] = ()


def notify_request(target: Target, sender: Sender, local: Local, attempt: Attempt) -> bytes:
    """The complete request. Raises `ValueError` if a value contains a control character."""
    body = (target.body or "").encode()
    request = Request("NOTIFY", address_of_record(target.aor), body)
    request.via = [Via(local.transport, local.host, local.port, Parameters(rport=None, branch=attempt.branch))]
    request.max_forwards = int(_MAX_FORWARDS)
    request.from_address = Address(address_of_record(sender.identity), "", Parameters(tag=sender.tag))
    request.to_address = Address(address_of_record(target.aor))
    request.call_id = sender.call_id
    request.cseq = CSeq(attempt.cseq, "NOTIFY")
    request.contact = [Address(_contact(local))]
    for name, value in subscription_headers(target):
        request.headers.add(name, value)
    for name, value in attempt.credentials:
        request.headers.add(name, on_one_line(value))
    request.headers.add("User-Agent", "provserver")
    request.content_length = len(body)
    return bytes(request)


def subscription_headers(target: Target) -> Iterable[tuple[str, str]]:
    """The headers that make a NOTIFY a check-sync, whoever sends it."""
    yield "Event", on_one_line(target.event)
    yield "Subscription-State", "terminated"
    if target.body is not None:
        yield "Content-Type", on_one_line(target.content_type or "text/plain")


def address_of_record(aor: str) -> URI:
    """`user@domain` as a SIP URI, with reserved characters escaped and an IPv6 domain in brackets."""
    user, _, domain = on_one_line(aor).rpartition("@")
    host = f"[{domain}]" if ":" in domain and not domain.startswith("[") else domain
    return URI("sip", host, user or None)


def on_one_line(text: str) -> str:
    """The text, if it contains no control characters, which could inject headers; otherwise `ValueError`."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("a control character cannot stand in a SIP header")
    return text


def _contact(local: Local) -> URI:
    parameters = Parameters() if local.transport == "UDP" else Parameters(transport=local.transport.lower())
    return URI("sip", local.host, "provserver", None, local.port, parameters)

"""The phone-facing application: one catch-all route that maps results and errors to HTTP responses."""

import asyncio
import random
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from secrets import token_hex
from typing import Any

import structlog
from aiohttp import web
from cryptography import x509

from provserver.domain.authorization import parse_authorization
from provserver.domain.errors import CannotCarry, Overloaded, RenderingFailed, StoreUnavailable
from provserver.domain.identify import is_challenged
from provserver.domain.networks import Networks
from provserver.domain.refusals import Refusal
from provserver.domain.uploads import FILE_NAME
from provserver.listening.trust import VendorTrust
from provserver.phones import answers
from provserver.phones.client_certificate import shown_chain
from provserver.phones.connection import Answering, Connection, Peer
from provserver.phones.metrics import PhoneMetrics
from provserver.phones.offers import Offer, file_offer, lasting_offer
from provserver.phones.overload import OverloadReply, retry_after
from provserver.phones.request_log import claimed, log_request
from provserver.phones.response_cache import ResponseCache
from provserver.phones.source import is_secure, public_url, source_address
from provserver.phones.uploads import serve_upload
from provserver.services.devices.uploads import FileFolder
from provserver.services.fetching.visits import Answer, PhoneRequest
from provserver.services.protection.admission import Admission
from provserver.services.provisioning import Provisioning

_REFUSED_AFTER = 0.02  # seconds until a refusal is sent, see `_its_time`
_NOBODY = VendorTrust({})

RESPONSE_CACHE = web.AppKey("response_cache", ResponseCache)  # answers repeated requests without the application
_OFFER = web.RequestKey("offer", Offer)

_log = structlog.get_logger("phones")


def request_ids() -> Callable[[], str]:
    """Returns a generator of request ids.

    A random prefix per process, then a counter, as that is cheaper than random ids.
    """
    own, numbers = token_hex(11), count()
    return lambda: f"req_{own}{next(numbers):010x}"


@dataclass(frozen=True, slots=True)
class PhoneFace:
    """Dependencies of the application."""

    provisioning: Provisioning
    metrics: PhoneMetrics
    configured_url: str | None
    trusted_proxies: Networks
    files: FileFolder
    admission: Admission
    response_bytes: int
    certificate_header: str | None = None
    trust: Callable[[], VendorTrust] = lambda: _NOBODY
    new_request_id: Callable[[], str] = field(default_factory=request_ids)
    log: Any = field(default_factory=_log.bind)  # bound once: binding costs as much as writing a line


def build_phones(face: PhoneFace) -> web.Application:
    """Build the application for the phone listener."""
    app = web.Application()
    response_cache = ResponseCache(
        face.provisioning.records,
        face.provisioning.sources.now,
        face.metrics,
        face.new_request_id,
        lambda: bool(face.trust().authorities),
        _when_full(face),
        face.response_bytes,
    )
    app[RESPONSE_CACHE] = response_cache

    async def handle(request: web.Request) -> web.Response:
        return await _handle(request, face)

    async def handle_upload(request: web.Request) -> web.StreamResponse:
        return await serve_upload(request, face.files)

    app.router.add_get(f"/files/{{name:{FILE_NAME.pattern}}}", handle_upload)
    app.router.add_route("*", r"/{file:[\s\S]*}", handle)  # [\s\S]: a newline in the path must not bypass the route

    async def prepared(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = "provserver"
        if offer := request.get(_OFFER):
            response_cache.remember(offer, request, response)

    app.on_response_prepare.append(prepared)
    return app


def _when_full(face: PhoneFace) -> Answering:
    """The cheap 503 reply under overload. Not used behind proxies, where phones can only be told apart by headers."""
    if face.trusted_proxies:
        return lambda _said, _connection: False
    return OverloadReply(
        face.admission, face.metrics, face.provisioning.sources.now, face.new_request_id, face.log
    ).answer


async def _handle(request: web.Request, face: PhoneFace) -> web.Response:
    """Answer from the request cache, else on the full path.

    Logs, counts, and offers the answer to the response cache.
    """
    started, request_id, failure = time.perf_counter(), face.new_request_id(), None
    said = _said(request)
    words = words_of(request, face)
    cached = face.provisioning.request_cache.get(words)
    if_none_match = request.headers.get("If-None-Match")
    answer = await face.provisioning.answer_again(cached, request_id, if_none_match) if cached else None
    if cached and answer:
        asked = cached.request
        response = _response(answer, request, asked, face)
    else:
        asked = _phone_request(request, face, request_id, words)
        answer, response, failure = await _tried(request, asked, face)
    seconds = time.perf_counter() - started
    face.metrics.answered(answer.vendor, response.status, seconds)
    if answer.stale_for is not None:
        face.metrics.survived()
    at = face.provisioning.sources.now()
    log_request(face.log, at, asked, answer, response.status, request_id=request_id, seconds=seconds, failure=failure)
    if isinstance(request.protocol, Connection) and response.status != HTTPStatus.SERVICE_UNAVAILABLE:
        request.protocol.is_new = False
    cached = face.provisioning.request_cache.get(words)  # it may have been cached just now
    if said and words and answer.lasting and response.status in (200, 404):
        request[_OFFER] = lasting_offer(said, asked, answer, response.status, face.provisioning, face.log)
    elif said and cached and response.status in (200, 304) and answer.document and answer.document.etag == cached.etag:
        # else another request has cached something newer meanwhile
        request[_OFFER] = file_offer(said, cached, response.status, face.provisioning, face.log)
    return response


def _said(request: web.Request) -> tuple[bytes, Peer] | None:
    """The raw bytes of the request and its peer, if the bytes are known to be the whole request; else None."""
    connection = request.protocol
    if isinstance(connection, Connection) and connection.said:
        return connection.said, connection.peer
    return None


async def _tried(request: web.Request, asked: PhoneRequest, face: PhoneFace) -> tuple[Answer, web.Response, str | None]:
    """The answer, the response, and the internal error if there was one."""
    if request.method not in ("GET", "HEAD"):
        return Answer(), answers.method_not_allowed(), None
    try:
        started = time.perf_counter()
        async with face.admission.admitted(newcomer=_is_new(request), source=asked.source):
            answer = await _answer(request, asked, face)
        if answer.in_its_time:
            await _its_time(started)
        return answer, _response(answer, request, asked, face), None
    except (StoreUnavailable, Overloaded) as error:
        # Under overload the sender is not identified, because that costs time.
        told = Answer() if isinstance(error, Overloaded) else claimed(asked, face.provisioning.catalogue)
        return told, answers.unavailable(retry_after(f"{asked.raw_path} {asked.user_agent}".encode())), error.message
    except (RenderingFailed, CannotCarry) as error:
        return claimed(asked, face.provisioning.catalogue), answers.failed(), error.message
    except Exception:  # noqa: BLE001 - any failure gets a response and a log entry
        _log.exception("phone_request_failed", request_id=asked.request_id)
        return Answer(), answers.failed(), "a mistake in the server"


async def _answer(request: web.Request, asked: PhoneRequest, face: PhoneFace) -> Answer:
    if len(request.query.getall("mac", [])) > 1:
        return Answer(reason=Refusal.MAC_TWICE.told(), challenge=is_challenged(asked.raw_path))
    return await face.provisioning.answer(asked)


def _is_new(request: web.Request) -> bool:
    """Whether nothing has been answered yet on this connection, except 503."""
    return not isinstance(request.protocol, Connection) or request.protocol.is_new


async def _its_time(started: float) -> None:
    """Delay a refusal to a constant time, longer than any check takes, so that timing reveals nothing."""
    # The loop's timers have a resolution of 1 ms; without the dither the rounding would reveal the elapsed time.
    dither = random.random() / 1000  # noqa: S311 - hides no secret
    await asyncio.sleep(_REFUSED_AFTER + dither - (time.perf_counter() - started))


def words_of(request: web.Request, face: PhoneFace) -> Hashable:
    """Cache key of a request: everything it says, as one value. None if the answer must not be cached.

    Range and If-None-Match are left out, because they are evaluated for each request.
    """
    headers = request.headers
    if request.method != "GET" or "Authorization" in headers or (face.trust().authorities and _chain(request, face)):
        return None
    forwarded = ()
    if face.trusted_proxies:
        forwarded = *headers.getall("X-Forwarded-For", ()), None, *headers.getall("X-Forwarded-Proto", ())
    return (request.raw_path, headers.get("User-Agent"), headers.get("Host"), request.remote, request.scheme, forwarded)


def _chain(request: web.Request, face: PhoneFace) -> list[x509.Certificate]:
    """The certificates that the phone or its proxy has shown. A phone shows its own once per connection."""
    connection = request.protocol
    if face.trusted_proxies or not isinstance(connection, Connection):
        return shown_chain(request, face.certificate_header, face.trusted_proxies)
    if connection.chain is None:
        connection.chain = shown_chain(request, None, ())
    return connection.chain


def _phone_request(request: web.Request, face: PhoneFace, request_id: str, words: Hashable) -> PhoneRequest:
    raw_path = request.raw_path.partition("?")[0]
    authorization = request.headers.get("Authorization") if is_challenged(raw_path) else None
    return PhoneRequest(
        raw_path=raw_path,
        query=request.query,
        user_agent=_readable(request.headers.get("User-Agent", "")),
        source=source_address(request, face.trusted_proxies),
        public_url=public_url(request, face.configured_url, face.trusted_proxies),
        request_id=request_id,
        method=request.method,
        target=request.raw_path,
        secure=is_secure(request, face.trusted_proxies),
        certificate=face.trust().judge(_chain(request, face)),
        authorization=parse_authorization(authorization),
        if_none_match=request.headers.get("If-None-Match"),
        words=words,
    )


def _readable(header: str) -> str:
    """The header as storable text; invalid UTF-8 becomes U+FFFD."""
    return header.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _response(answer: Answer, request: web.Request, asked: PhoneRequest, face: PhoneFace) -> web.Response:
    if answer.challenge:
        return answers.unauthorized(face.provisioning.challenges.headers(asked, stale=answer.stale))
    if answer.document is None:
        return answers.not_found()
    if answer.not_modified:
        return answers.not_modified(answer.document)
    return answers.whole_or_range(answer.document, request)

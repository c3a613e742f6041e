"""Cache of complete HTTP responses, keyed by the bytes of the request. Only the Date header and log ids are new."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus

import structlog
from aiohttp import web

from provserver.phones.connection import Answering, Connection, Reply
from provserver.phones.metrics import PhoneMetrics
from provserver.phones.offers import Offer
from provserver.services.fetching.record_cache import RecordCache
from provserver.services.fetching.request_cache import RequestCache

_log = structlog.get_logger("phones")


@dataclass(frozen=True, slots=True)
class _Ready:
    """A serialized response without its body: the head in two parts, around the value of the Date header."""

    offer: Offer
    status: int
    head: tuple[bytes, bytes]
    stays: bool


class ResponseCache:
    """Keeps responses that aiohttp has sent, and repeats them while they are valid.

    `wary`: True disables the cache, because client certificates may matter, which are not in the bytes of a request.
    `otherwise` handles misses.
    """

    def __init__(
        self,
        records: RecordCache,
        now: Callable[[], datetime],
        metrics: PhoneMetrics,
        new_request_id: Callable[[], str],
        wary: Callable[[], bool],
        otherwise: Answering,
        limit_bytes: int,
    ) -> None:
        self._records = records
        self._now = now
        self._metrics = metrics
        self._new_request_id = new_request_id
        self._wary = wary
        self._otherwise = otherwise
        self._ready: RequestCache[_Ready] = RequestCache(limit_bytes * 3 // 4, _size)
        # separate, because strangers can fill it; they must not evict phones
        self._for_all: RequestCache[_Ready] = RequestCache(limit_bytes // 4, _size)
        self._date = 0, b""

    def answer(self, said: bytes, connection: Connection) -> bool:
        """Answer from the cache; False if the request must be processed."""
        if self._wary():
            return False
        words = said, connection.peer
        ready = self._ready.get(words) or self._for_all.get(words)
        if ready is None:
            return self._otherwise(said, connection)
        started = time.perf_counter()

        def told(stands: bool) -> None:
            reply = None
            try:
                reply = self._reply(ready, started) if stands else None
            except Exception:  # noqa: BLE001 - any failure falls back to the full path
                _log.exception("phone_request_failed", mac=ready.offer.mac)
            connection.is_new = connection.is_new and reply is None
            connection.replied(said, reply)

        if ready.offer.remembered is None:
            told(True)  # noqa: FBT003 - the callback's only argument
        else:
            self._records.tell(ready.offer.remembered, told)
        return True

    def _reply(self, ready: _Ready, started: float) -> Reply | None:
        offer, at, request_id = ready.offer, self._now(), self._new_request_id()
        body = offer.again(request_id, at)
        if body is None:
            return None
        seconds = time.perf_counter() - started
        self._metrics.answered(offer.vendor, ready.status, seconds)
        offer.line.tell(at, {"milliseconds": round(seconds * 1000, 2), "request_id": request_id})
        before, after = ready.head
        return (before, self._today(), after, body), ready.stays

    def remember(self, offer: Offer, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Insert a response that is about to be sent."""
        if self._wary():
            return
        version, status = request.version, HTTPStatus(response.status)
        fields = [f"{name}: {'' if name == 'Date' else value}" for name, value in response.headers.items()]
        lines = [f"HTTP/{version.major}.{version.minor} {status} {status.phrase}", *fields, "", ""]
        before, date, after = "\r\n".join(lines).encode().partition(b"\r\nDate: ")
        kept = self._ready if offer.remembered else self._for_all
        kept.put(offer.said, _Ready(offer, status, (before + date, after), bool(response.keep_alive)))

    def _today(self) -> bytes:
        now = int(time.time())
        if self._date[0] != now:
            self._date = now, formatdate(now, usegmt=True).encode()
        return self._date[1]


def _size(ready: _Ready) -> int:
    return ready.offer.size + len(ready.head[0]) + len(ready.head[1])

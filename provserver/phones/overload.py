"""Cheap 503 replies under overload, sent before the request is parsed.

In a storm there are hundreds of refusals a second, and their cost is taken from the phones that are served.
"""

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zlib import crc32

from provserver.logs import Line
from provserver.phones.connection import Connection
from provserver.phones.metrics import PhoneMetrics
from provserver.phones.request_log import EVENT
from provserver.services.protection.admission import Admission

_RETRY_AFTER = range(10, 50)  # seconds, chosen by a hash of the request to spread the retries
# A whole request without a body, upon which nothing but an answer follows. Uploaded files have a way of their own.
_PLAIN = re.compile(
    rb"GET /(?!files/)[!-~]* HTTP/1\.1\r\n"
    rb"(?:(?!content-length|transfer-encoding|connection|upgrade|expect)[!-9;-~]+:[^\r\n]*\r\n)+\r\n",
    re.IGNORECASE,
)
_REASON = "there is no room"
_FACTS = dict.fromkeys(("file", "mac", "vendor", "model", "proof")) | {
    "method": "GET",
    "status": 503,
    "reason": _REASON,
}
_BODY = b"Service unavailable\n"


def retry_after(said: bytes) -> int:
    """Seconds for Retry-After, derived from the bytes of the request."""
    return _RETRY_AFTER[crc32(said) % len(_RETRY_AFTER)]


class OverloadReply:
    """Refuses requests while admission control is full.

    It knows only the peer address, not the phone behind a proxy, so it is not used behind proxies.
    """

    def __init__(
        self,
        admission: Admission,
        metrics: PhoneMetrics,
        now: Callable[[], datetime],
        new_request_id: Callable[[], str],
        log: Any,
    ) -> None:
        self._admission = admission
        self._metrics = metrics
        self._now = now
        self._new_request_id = new_request_id
        self._line = Line(log, EVENT, _FACTS, "error")

    def answer(self, said: bytes, connection: Connection) -> bool:
        """Send a 503 if the server is full and this is a plain GET; returns whether it was sent."""
        source = connection.peer[0]
        if not self._admission.is_hopeless(newcomer=connection.is_new, source=source) or not _PLAIN.fullmatch(said):
            return False
        started = time.perf_counter()
        head = (
            f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {retry_after(said)}\r\nServer: provserver\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(_BODY)}\r\n\r\n"
        )
        connection.replied(said, ((head.encode(), _BODY), True))
        seconds = time.perf_counter() - started
        self._metrics.answered(None, 503, seconds)
        told = {"source": source, "milliseconds": round(seconds * 1000, 2)}
        self._line.tell(self._now(), {**told, "request_id": self._new_request_id()})
        return True

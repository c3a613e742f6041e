"""Answers that may be repeated for the same bytes from the same peer, with just what it takes to do so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from sys import getsizeof
from typing import Any

from provserver.logs import Line
from provserver.phones import answers
from provserver.phones.connection import Peer
from provserver.phones.request_log import EVENT, facts_of
from provserver.services.fetching.request_cache import CachedRequest, Repeat
from provserver.services.fetching.visits import Answer, Lasting, PhoneRequest
from provserver.services.provisioning import Provisioning
from provserver.store.revalidation import Standing

# Bytes per answer besides the request, as measured where nothing of it is in use elsewhere.
_OVERHEAD = 1_500
_FILE = 800  # more where it is recorded


@dataclass(frozen=True, slots=True)
class Offer:
    """A request being answered, with what is needed to repeat the response.

    The response may be repeated while `remembered` is unchanged (None: always). `again(request_id, time)` records the
    repeat and returns the body, or None if the response is no longer valid.
    """

    said: tuple[bytes, Peer]
    mac: str | None
    vendor: str | None
    line: Line
    remembered: Standing | None
    again: Callable[[str, datetime], bytes | None]

    @property
    def size(self) -> int:
        """What it takes of memory, in bytes; what the request says is once more in the log line and elsewhere."""
        return _OVERHEAD + (_FILE if isinstance(self.again, _File) else 0) + 2 * getsizeof(self.said[0])


def file_offer(
    said: tuple[bytes, Peer], cached: CachedRequest, status: int, provisioning: Provisioning, log: Any
) -> Offer:
    """Let the response cache repeat a served file for the same bytes from the same peer."""
    answer, same = cached.answer, status == HTTPStatus.NOT_MODIFIED
    line = Line(log, EVENT, facts_of(cached.request, answer, status))
    again = _File(provisioning, cached.repeat.unmodified() if same else cached.repeat, same)
    return Offer(said, answer.mac, answer.vendor, line, cached.remembered, again)


def lasting_offer(
    said: tuple[bytes, Peer], asked: PhoneRequest, answer: Answer, status: int, provisioning: Provisioning, log: Any
) -> Offer:
    """Let the response cache repeat an answer that is not recorded (see `Lasting`)."""
    body, lasting = answer.document.body if answer.document else answers.NOT_FOUND, answer.lasting or Lasting()
    reason = {"reason": answer.reason} if answer.reason else {}
    line = Line(log, EVENT, {**facts_of(asked, answer, status), **reason})
    again = _Common(provisioning, lasting, asked.source, body)
    return Offer(said, answer.mac, answer.vendor, line, lasting.remembered, again)


# Objects and not closures, which would take three times the memory.


@dataclass(frozen=True, slots=True)
class _File:
    provisioning: Provisioning
    repeat: Repeat
    not_modified: bool

    def __call__(self, request_id: str, at: datetime) -> bytes | None:
        body = self.provisioning.served_again(self.repeat, request_id, at)
        return b"" if body and self.not_modified else body


@dataclass(frozen=True, slots=True)
class _Common:
    provisioning: Provisioning
    lasting: Lasting
    source: str
    body: bytes

    def __call__(self, _request_id: str, _at: datetime) -> bytes:
        self.provisioning.answered_again(self.lasting, self.source)
        return self.body

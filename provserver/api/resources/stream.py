"""Events as server-sent events."""

import asyncio
import json
import re
from contextlib import suppress

from aiohttp import web

from provserver.api import authentication
from provserver.api.call import Call
from provserver.api.resources.events import shown_event
from provserver.domain.device import Event
from provserver.domain.errors import Invalid, ProvserverError, StoreUnavailable, TooManyRequests
from provserver.services.devices.history import CHUNK, Tail

_POLL_SECONDS = 0.5
_HEARTBEAT_SECONDS = 15.0
_MOST_STREAMS = 100
_EVENT_ID = re.compile(r"evt_[0-9a-z]{26}")


class Streams:
    """All open streams; `end` closes them at shutdown."""

    def __init__(self) -> None:
        self._ending = asyncio.Event()
        self.open = 0

    async def end(self, _: web.Application) -> None:
        """Close all streams."""
        self._ending.set()

    async def pause(self, seconds: float) -> bool:
        """Wait before the next poll; False when the stream must end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)
        return not self._ending.is_set()


STREAMS = web.AppKey("streams", Streams)


async def follow(call: Call[None, None]) -> web.StreamResponse:
    """Stream the events of the account, or with a platform key alone of all; from `Last-Event-ID` or now on.

    Events come when they are stored. What happened while the database was away comes after it, with its own
    `created_at`; after a new connection such an event may come once more.
    """
    streams = call.request.app[STREAMS]
    if streams.open >= _MOST_STREAMS:
        raise TooManyRequests(f"{_MOST_STREAMS} streams are open; close one", retry_after=10)
    last = call.request.headers.get("Last-Event-ID")
    if last is not None and not _EVENT_ID.fullmatch(last):
        raise Invalid("Last-Event-ID is not the id of an event", details={"Last-Event-ID": "is not the id of an event"})
    account = call.caller.account
    tail = Tail(call.face.database, account.id if account else None, call.face.sources.now(), last)
    response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    streams.open += 1
    try:
        await response.prepare(call.request)
        await response.write(b": events follow\n\n")
        await _follow(call, streams, tail, response)
    except ConnectionError:
        pass  # the client has disconnected
    finally:
        streams.open -= 1
    return response


async def _follow(call: Call[None, None], streams: Streams, tail: Tail, response: web.StreamResponse) -> None:
    silent = 0.0
    while True:
        try:
            news = await tail.news(call.face.sources.now())
        except StoreUnavailable:
            news = []  # during an outage, events are only delayed
        for event in news:
            await response.write(_lines(event))
        silent = 0.0 if news else silent + _POLL_SECONDS
        if silent >= _HEARTBEAT_SECONDS:
            silent = 0.0
            await response.write(b": still here\n\n")
            if not await _still_good(call):
                return
        if not await streams.pause(0 if len(news) >= CHUNK else _POLL_SECONDS):
            return


async def _still_good(call: Call[None, None]) -> bool:
    """Whether the key is still valid: a stream must not outlive it."""
    try:
        await authentication.authenticate(call.face, call.request)
    except StoreUnavailable:
        return True
    except ProvserverError:
        return False
    return True


def _lines(event: Event) -> bytes:
    data = json.dumps(shown_event(event).model_dump(mode="json"), ensure_ascii=True, separators=(",", ":"))
    return f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n".encode()

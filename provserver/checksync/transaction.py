"""The non-INVITE client transaction of RFC 3261, section 17.1.2.

`ClientTransaction` is the state machine, without clock or socket. `transact` runs one on a flow.
"""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from sipmessage import Response


@dataclass(frozen=True, slots=True)
class Timers:
    """Timer values of RFC 3261, table 4, in seconds."""

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0


class NoAnswerInTime(Exception):
    """Timer F fired: no response within 64 * T1."""


class _State(Enum):
    TRYING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    TERMINATED = auto()


class ClientTransaction:
    """The state machine of figure 6. Times are seconds of a monotonic clock.

    `reliable`: TCP or TLS, which retransmit by themselves; then timer E is not used and timer K is zero.
    """

    def __init__(self, now: float, timers: Timers, *, reliable: bool) -> None:
        self._state = _State.TRYING
        self._timers, self._reliable = timers, reliable
        self._interval = timers.t1
        self._timer_e = now + timers.t1
        self._timer_f = now + 64 * timers.t1
        self._timer_k = now

    @property
    def wakes_at(self) -> float:
        """When `wake` must be called."""
        if self._state is _State.COMPLETED:
            return self._timer_k
        return self._timer_f if self._reliable else min(self._timer_e, self._timer_f)

    def wake(self, now: float) -> bool:
        """A timer fired. Returns whether to retransmit. Raises `NoAnswerInTime` for timer F."""
        if self._state is _State.COMPLETED:
            self._state = _State.TERMINATED
            return False
        if now >= self._timer_f:
            self._state = _State.TERMINATED
            raise NoAnswerInTime
        doubled = min(self._interval * 2, self._timers.t2)
        self._interval = self._timers.t2 if self._state is _State.PROCEEDING else doubled
        self._timer_e = now + self._interval
        return not self._reliable

    def receive(self, code: int, now: float) -> bool:
        """Handle a response. Returns True for the final one, the first time; retransmissions are absorbed."""
        if self._state not in (_State.TRYING, _State.PROCEEDING):
            return False
        if code < 200:
            self._state = _State.PROCEEDING
            return False
        self._state = _State.COMPLETED
        self._timer_k = now if self._reliable else now + self._timers.t4
        return True


class Exchange(Protocol):
    """The part of a flow that a transaction needs."""

    reliable: bool

    def send(self, message: bytes) -> None:
        """Send a message."""

    def listen(self, branch: str) -> "asyncio.Queue[Response | Exception]":
        """The queue for responses to this branch, or for the error that broke the flow."""

    def forget(self, branch: str, after: float) -> None:
        """Stop listening after `after` seconds; until then, late retransmissions are absorbed."""


async def transact(flow: Exchange, request: bytes, branch: str, timers: Timers) -> Response:
    """Send a request and wait for the final response.

    Raises `NoAnswerInTime`, or the error that broke the flow. May be cancelled.
    """
    loop = asyncio.get_running_loop()
    machine = ClientTransaction(loop.time(), timers, reliable=flow.reliable)
    answers = flow.listen(branch)
    try:
        flow.send(request)
        while True:
            try:
                async with asyncio.timeout_at(machine.wakes_at):
                    answer = await answers.get()
            except TimeoutError:
                if machine.wake(loop.time()):
                    flow.send(request)
                continue
            if isinstance(answer, Exception):
                raise answer
            if machine.receive(answer.code, loop.time()):
                return answer
    finally:
        flow.forget(branch, 0 if flow.reliable else timers.t4)

"""RFC 3261, 17.1.2: when a request is sent again, and when it is given up."""

import asyncio

import pytest
from sipmessage import Response

from provserver.checksync.transaction import ClientTransaction, NoAnswerInTime, Timers, transact

TIMERS = Timers()
FAST = Timers(0.02, 0.08, 0.05)


def sendings(machine: ClientTransaction, until: float) -> list[float]:
    """When the request goes out again, up to `until` or the end."""
    times = []
    while machine.wakes_at <= until:
        now = machine.wakes_at
        if machine.wake(now):
            times.append(now)
    return times


def test_over_udp_copies_go_out_ever_more_slowly_until_timer_f() -> None:
    machine = ClientTransaction(0, TIMERS, reliable=False)
    assert sendings(machine, 31.9) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert machine.wakes_at == 32
    with pytest.raises(NoAnswerInTime):
        machine.wake(32)


def test_a_provisional_answer_slows_the_copies_down_but_does_not_stop_them() -> None:
    machine = ClientTransaction(0, TIMERS, reliable=False)
    assert not machine.receive(100, 0.1)
    assert sendings(machine, 13) == [0.5, 4.5, 8.5, 12.5]


def test_over_tcp_and_tls_nothing_is_sent_twice() -> None:
    machine = ClientTransaction(0, TIMERS, reliable=True)
    assert machine.wakes_at == 32
    with pytest.raises(NoAnswerInTime):
        machine.wake(32)


@pytest.mark.parametrize(("reliable", "timer_k"), [(False, 5), (True, 0)])
def test_the_final_answer_counts_once_and_its_copies_are_swallowed(reliable: bool, timer_k: float) -> None:
    machine = ClientTransaction(0, TIMERS, reliable=reliable)
    assert machine.receive(200, 1)
    assert not machine.receive(200, 1.1)
    assert machine.wakes_at == 1 + timer_k
    assert not machine.wake(machine.wakes_at)
    assert not machine.receive(500, 7)


class Wire:
    """A flow without a socket: how often was sent, and answers that come some seconds after what is not `lost`."""

    def __init__(self, *answers: tuple[float, int | Exception], reliable: bool = False, lost: int = 0) -> None:
        self.reliable, self.lost = reliable, lost
        self.answers, self.sent = answers, 0
        self.forgotten: float | None = None

    def send(self, message: bytes) -> None:
        self.sent += 1
        if self.sent == self.lost + 1:
            for delay, answer in self.answers:
                said = Response(answer, "x") if isinstance(answer, int) else answer
                asyncio.get_running_loop().call_later(delay, self.queue.put_nowait, said)

    def listen(self, branch: str) -> "asyncio.Queue[Response | Exception]":
        self.queue: asyncio.Queue[Response | Exception] = asyncio.Queue()
        return self.queue

    def forget(self, branch: str, after: float) -> None:
        self.forgotten = after


async def test_a_lost_request_is_made_good_by_its_copies() -> None:
    wire = Wire((0, 200), lost=2)
    assert (await transact(wire, b"x", "b", FAST)).code == 200
    assert wire.sent >= 3
    assert wire.forgotten == FAST.t4


async def test_silence_ends_at_sixty_four_times_t1() -> None:
    wire = Wire()
    started = asyncio.get_running_loop().time()
    with pytest.raises(NoAnswerInTime):
        await transact(wire, b"x", "b", Timers(0.005, 0.02, 0.05))
    assert 0.3 < asyncio.get_running_loop().time() - started < 20


async def test_a_broken_connection_ends_the_wait_at_once() -> None:
    wire = Wire((0.01, ConnectionResetError("gone")), reliable=True)
    with pytest.raises(ConnectionResetError):
        await transact(wire, b"x", "b", TIMERS)
    assert wire.forgotten == 0


async def test_a_provisional_answer_is_not_the_answer() -> None:
    assert (await transact(Wire((0.01, 100), (0.05, 489), reliable=True), b"x", "b", TIMERS)).code == 489

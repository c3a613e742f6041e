"""In a storm of phones that need new files, everybody gets a fair turn, and nobody is kept waiting for nothing."""

import asyncio
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from provserver.domain.errors import Overloaded, RenderingFailed
from provserver.services.fetching.render_queue import RenderQueue


class Workshop:
    """Work that is done when the test says so."""

    def __init__(self) -> None:
        self.begun: SimpleQueue[str] = SimpleQueue()
        self.done: list[str] = []
        self._go = threading.Event()

    def piece(self, name: str) -> Callable[[], str]:
        def work() -> str:
            self.begun.put(name)
            assert self._go.wait(60)
            self.done.append(name)
            return name

        return work

    def go(self) -> None:
        self._go.set()


async def test_accounts_take_turns_however_many_phones_one_has() -> None:
    """One customer's thousand phones must not keep another's ten waiting."""
    render_queue, workshop = RenderQueue[str](patience=60), Workshop()
    asked = [render_queue.run(f"big {n}", "big", workshop.piece(f"big {n}")) for n in range(8)]
    asked += [render_queue.run("small", "small", workshop.piece("small"))]
    waiting = [asyncio.ensure_future(one) for one in asked]
    assert "small" in [await asyncio.to_thread(workshop.begun.get, timeout=60) for _ in range(2)]
    workshop.go()
    await asyncio.gather(*waiting)


async def test_a_phone_that_asks_again_shares_the_work() -> None:
    """Else every retry of an impatient phone would make the storm worse."""
    render_queue, workshop = RenderQueue[str](patience=60), Workshop()
    first = asyncio.ensure_future(render_queue.run("same", "a", workshop.piece("same")))
    await asyncio.sleep(0)
    first.cancel()
    again = asyncio.ensure_future(render_queue.run("same", "a", workshop.piece("same")))
    await asyncio.sleep(0)
    workshop.go()
    assert await again == "same"
    assert workshop.done == ["same"]


async def test_who_would_wait_too_long_is_told_at_once_and_served_later() -> None:
    render_queue, workshop = RenderQueue[str](patience=0.1), Workshop()
    waiting = [asyncio.ensure_future(render_queue.run(str(n), "a", workshop.piece(str(n)))) for n in range(6)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="6 files are waiting"):
        await render_queue.run("late", "a", workshop.piece("late"))
    workshop.go()
    await asyncio.gather(*waiting)
    assert await render_queue.run("late", "a", workshop.piece("late")) == "late"


async def test_who_waits_behind_nobody_of_his_own_is_not_sent_away_for_the_sake_of_others() -> None:
    """The storm of one customer must not make the phones of another come back later."""
    render_queue, workshop = RenderQueue[str](patience=0.2), Workshop()
    asked = [render_queue.run(f"big {n}", "big", workshop.piece(f"big {n}")) for n in range(10)]
    waiting = [asyncio.ensure_future(one) for one in asked]
    await asyncio.sleep(0)
    waiting.append(asyncio.ensure_future(render_queue.run("late", "big", workshop.piece("late"))))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await render_queue.run("too late", "big", workshop.piece("too late"))
    small = asyncio.ensure_future(render_queue.run("small", "small", workshop.piece("small")))
    await asyncio.sleep(0)
    workshop.go()
    assert await small == "small"
    await asyncio.gather(*waiting)


async def test_a_mistake_is_told_to_who_asked_and_holds_up_nobody() -> None:
    def broken() -> str:
        raise RenderingFailed("broken", template="x")

    render_queue, workshop = RenderQueue[str](patience=60), Workshop()
    workshop.go()
    with pytest.raises(RenderingFailed):
        await render_queue.run("bad", "a", broken)
    assert await render_queue.run("good", "a", workshop.piece("good")) == "good"
    assert render_queue.expected_wait("a") == 0


@pytest.mark.parametrize("turns_of_the_loop", range(8))
async def test_who_comes_just_when_the_last_files_are_made_waits_for_nobody_else(turns_of_the_loop: int) -> None:
    """Else this phone would get no answer until another one needs a new file, at night perhaps for hours."""
    render_queue, workshop = RenderQueue[str](patience=60), Workshop()
    both = [asyncio.ensure_future(render_queue.run(name, "a", workshop.piece(name))) for name in ("one", "two")]
    while len(workshop.done) < 2:
        await asyncio.sleep(0)
        workshop.go()
        time.sleep(0.01)  # noqa: ASYNC251 - the loop stands still: both threads are seen to end in one turn of it
    for _ in range(turns_of_the_loop):
        await asyncio.sleep(0)
    async with asyncio.timeout(30):
        assert await render_queue.run("three", "a", workshop.piece("three")) == "three"
    await asyncio.gather(*both)


async def test_what_is_known_to_be_quick_is_done_on_the_event_loop_and_else_in_a_thread() -> None:
    """A large DECT system takes as long as a hundred phones; meanwhile all others would wait."""
    render_queue = RenderQueue[int](patience=60)
    used: list[bool] = []

    def piece(seconds: float) -> Callable[[], int]:
        def work() -> int:
            until = time.thread_time() + seconds
            while time.thread_time() < until:
                pass
            used.append(threading.get_ident() == loop)
            return 0

        return work

    loop = threading.get_ident()
    for kind, seconds in (("phone", 0), ("system", 0.05)):
        for number in range(3):
            await render_queue.run((kind, number), "a", piece(seconds), kind=kind)
    assert used == [False, True, True, False, False, False]


async def test_between_quick_files_the_event_loop_sees_to_others() -> None:
    render_queue = RenderQueue[None](patience=60)
    done: list[str] = []
    await render_queue.run("first", "a", lambda: None, kind="quick")

    async def others() -> None:
        while len(done) < 40:
            done.append("other")
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await asyncio.gather(*(render_queue.run(n, "a", lambda: done.append("file"), kind="quick") for n in range(20)))
    await beside
    assert max(len(run) for run in "".join(one[0] for one in done).split("o")) <= 2

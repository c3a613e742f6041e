"""In a storm as many are let in as can be answered while their phones wait; nobody is turned away without need."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from provserver.domain.errors import Overloaded
from provserver.services.protection.admission import Admission

_PATIENCE = 2.0
_FEWEST = 12


class Entry:
    """Admission at a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.admission = Admission(10_000, _PATIENCE, lambda: self.now)

    async def fill(self) -> AsyncExitStack:
        """Everybody for whom there is room."""
        inside = AsyncExitStack()
        for _ in range(self.admission.room - self.admission._inside):
            await inside.enter_async_context(self.admission.admitted(newcomer=True, source="a"))
        return inside

    async def crowds_that_stay(self, seconds: float, rounds: int = 60) -> None:
        for _ in range(rounds):
            async with await self.fill():
                self.now += seconds


async def _refused(admission: Admission, source: str = "a") -> bool:
    try:
        async with admission.admitted(newcomer=True, source=source):
            return False
    except Overloaded:
        return True


async def test_there_is_less_room_when_requests_stay_long_and_more_when_they_leave_soon() -> None:
    """A storm of phones that are rendered for must not hold up those for whom all is ready, for ever."""
    entry = Entry()
    first = entry.admission.room
    await entry.crowds_that_stay(1.5)
    assert entry.admission.room == _FEWEST < first
    await entry.crowds_that_stay(0.01)
    assert entry.admission.room > 2 * first


async def test_few_are_let_in_however_slow_it_is() -> None:
    """Else one outage of the database would leave a door that nobody passes and that so never learns better."""
    entry = Entry()
    await entry.crowds_that_stay(600.0)
    assert entry.admission.room == _FEWEST


async def test_few_tell_nothing_of_how_many_could_be_here() -> None:
    """A phone an hour that is answered at once is no reason to let in thousands together."""
    entry = Entry()
    before = entry.admission.room
    for _ in range(200):
        async with entry.admission.admitted(newcomer=True, source="a"):
            entry.now += 0.001
    assert entry.admission.room == before


async def test_who_finds_no_room_is_let_in_when_somebody_leaves() -> None:
    """A hundred phones that come together are not turned away where each takes a moment."""
    admission, inside = Admission(100, 240.0), 0

    async def phone() -> None:
        nonlocal inside
        async with admission.admitted(newcomer=True, source="a"):
            inside += 1
            assert inside <= admission.room
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(phone() for _ in range(100)))
    assert admission._inside == 0


async def test_who_stands_in_line_for_too_long_is_told_so() -> None:
    admission = Admission(2, 0.01)
    admission._room = 1.0
    async with admission.admitted(newcomer=True, source="a"):
        with pytest.raises(Overloaded):
            async with admission.admitted(newcomer=True, source="a"):
                pass
    assert not await _refused(admission)


async def test_who_has_begun_to_boot_goes_before_who_begins() -> None:
    """A phone needs all of its files: to begin with everybody and end with nobody serves no one."""
    admission = Admission(10, 240.0)
    admission._room = 1.0
    order = []

    async def phone(name: str, newcomer: bool) -> None:
        async with admission.admitted(newcomer=newcomer, source="a"):
            order.append(name)

    async with admission.admitted(newcomer=True, source="a"):
        waiting = [asyncio.create_task(phone(name, name != "in the middle")) for name in ("a", "b", "in the middle")]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["in the middle", "a", "b"]


async def test_nobody_is_let_in_or_waits_past_the_limit() -> None:
    admission = Admission(1, 240.0)
    async with admission.admitted(newcomer=True, source="a"):
        assert await _refused(admission)


async def test_a_request_that_fails_gives_its_place_back() -> None:
    admission = Admission(1, 240.0)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            async with admission.admitted(newcomer=True, source="a"):
                raise RuntimeError


async def test_who_goes_at_the_moment_he_is_let_in_leaves_the_place_to_the_next() -> None:
    """Else every such moment would make the room smaller for good."""
    admission = Admission(10, 240.0)
    admission._room = 1.0
    async with admission.admitted(newcomer=True, source="a"):
        going, staying = (asyncio.create_task(_refused(admission)) for _ in range(2))
        await asyncio.sleep(0)
    assert going.cancel()
    assert await staying is False
    assert admission._inside == 0


async def _crowd(admission: Admission, sources: list[str]) -> list[asyncio.Task[bool]]:
    """Requests from these addresses, one after the other, that wait in line until those inside leave."""
    waiting = []
    for source in sources:
        waiting.append(asyncio.create_task(_refused(admission, source)))
        await asyncio.sleep(0)
    return waiting


async def test_a_phone_from_elsewhere_goes_before_an_office_that_takes_all_the_room() -> None:
    """A thousand phones of one office restart; a phone of another customer must not be sent away meanwhile."""
    entry = Entry()
    await entry.crowds_that_stay(1.0)
    async with await entry.fill():
        waiting = []
        while not entry.admission.is_hopeless(newcomer=True, source="a"):
            waiting += await _crowd(entry.admission, ["a"])
        assert not entry.admission.is_hopeless(newcomer=True, source="b")
        stranger = (await _crowd(entry.admission, ["b"]))[0]
        assert await _refused(entry.admission), "there is no more room than before"
        assert entry.admission.is_hopeless(newcomer=True, source="b"), "the second of them is no stranger"
        entry.admission._leave()
        assert await stranger is False, "the first one who leaves makes room for it"
        entry.admission._inside += 1
    assert not any(await asyncio.gather(*waiting))
    assert entry.admission._sources == {}


async def test_where_all_come_from_different_addresses_none_of_them_goes_first() -> None:
    """At home each phone has an address of its own: who has begun to boot goes before who begins, as ever."""
    admission, order = Admission(100, 240.0), list[str]()
    admission._room = 1.0

    async def phone(source: str, newcomer: bool) -> None:
        async with admission.admitted(newcomer=newcomer, source=source):
            order.append(source)

    async with admission.admitted(newcomer=True, source="home 0"):
        phones = (("home 1", True), ("home 2", True), ("home 3", False), ("home 4", True))
        waiting = [asyncio.create_task(phone(*one)) for one in phones]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["home 3", "home 1", "home 2", "home 4"]


async def test_nobody_stands_in_a_line_that_is_too_long_to_be_let_in() -> None:
    """To let phones wait for nothing costs as much as to refuse them, and half a second of their patience."""
    entry = Entry()
    await entry.crowds_that_stay(1.0)
    assert not entry.admission.is_hopeless(newcomer=True, source="a")
    async with await entry.fill():
        waiting = []
        while not entry.admission.is_hopeless(newcomer=True, source="a"):
            waiting.append(asyncio.create_task(_refused(entry.admission)))
            await asyncio.sleep(0)
        assert 1 < len(waiting) < _FEWEST
        assert not entry.admission.is_hopeless(newcomer=False, source="a"), (
            "who is in the middle of booting goes before them all"
        )
        assert await _refused(entry.admission)
    assert not any(await asyncio.gather(*waiting))

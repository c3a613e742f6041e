"""One phone's boot: it asks for its files one after another, with the patience and the tries that phones have."""

import asyncio
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from pydantic import BaseModel

from provserver.simulation.fleet import AskedFile, SimulatedPhone
from provserver.simulation.line import Answer, Broken, Dialling, Line
from provserver.simulation.tally import Tally

_OWN_FOLDER = re.compile(rb"/p/([A-Za-z0-9_-]{16,})")
_UNHEARD = ("timeout", "no connection", "bad certificate")
_ELSEWHERE = (301, 302, 303, 307, 308)
_FARTHEST = 3  # redirects

Clock = Callable[[], float]
"""Seconds since the start of the storm."""


class Habits(BaseModel):
    """How phones ask. `patience`: seconds until a try is given up; `pause`: seconds before the next one.

    With several `urls`, as behind a name with several addresses, each phone has one that it asks first, and a try that
    came to nothing is followed by one at the next.
    """

    urls: tuple[str, ...]
    patience: float = 2.0
    tries: int = 3
    pause: float = 1.0
    verify: bool = True

    def dialling(self) -> Dialling:
        """What the phones of one process make their connections with."""
        return Dialling.with_care(verify=self.verify)


@dataclass(slots=True)
class BootingPhone:
    """A phone through its boots. The folder that a configuration names is used from the next boot on.

    `moved`: how often it has gone on to the next address; it stays where it was answered. It has one `line` at a time,
    to the server that it `called`.
    """

    phone: SimulatedPhone
    folder: str = ""
    next_folder: str = ""
    moved: int = 0
    line: Line | None = None
    called: str = ""

    async def boot(self, habits: Habits, dialling: Dialling, tally: Tally, clock: Clock) -> None:
        """Ask for everything, on a connection of its own as phones do, and count what came of it.

        Trouble ends the boot. A phone that is refused one of its configurations has booted where it was given another:
        some ask for a file of their model too, which nobody knows to be theirs before they have a folder of their own.
        """
        self.folder = self.next_folder
        failure, refused, configured, retries = None, "nothing", False, 0
        try:
            for file in self.phone.files:
                status, repeated = await self._insist(dialling, file, habits, tally, clock)
                retries += repeated
                if _is_trouble(status):
                    failure = status if status in _UNHEARD else f"{status} for a file"
                    break
                if file.configures:
                    configured, refused = configured or status in ("200", "304"), status
        finally:
            self._hang_up()
        if not failure and not configured:
            failure = f"{refused} for its configuration"
        tally.ended(self.phone.vendor, failure, retries, clock())

    async def _insist(
        self, dialling: Dialling, file: AskedFile, habits: Habits, tally: Tally, clock: Clock
    ) -> tuple[str, int]:
        """What came of a file in the end, and how many tries more it took: only trouble is tried again."""
        retry = 0
        while True:
            began = clock()
            url = f"{self._server(habits)}{self.folder}/{quote(file.name)}"
            status = await self._ask(dialling, url, habits.patience, file.configures)
            tally.answered(self.phone.vendor, status, clock() - began, began)
            if not _is_trouble(status) or retry + 1 >= habits.tries:
                return status, retry
            retry += 1
            self.moved += 1
            await asyncio.sleep(habits.pause * retry)

    def _server(self, habits: Habits) -> str:
        return habits.urls[(int(self.phone.mac, 16) + self.moved) % len(habits.urls)]

    async def _ask(self, dialling: Dialling, url: str, patience: float, configures: bool) -> str:
        try:
            async with asyncio.timeout(patience):
                answer = await self._fetched(dialling, url)
        except TimeoutError:
            return "timeout"
        except ssl.SSLCertVerificationError:
            return "bad certificate"
        except (OSError, ValueError):  # the latter where it is sent on to what is no address
            return "no connection"
        told = _OWN_FOLDER.search(answer.body) if configures and answer.status == 200 else None
        if told:
            self.next_folder = f"/p/{told[1].decode()}"
        return str(answer.status)

    async def _fetched(self, dialling: Dialling, url: str) -> Answer:
        """The answer, from wherever it is in the end. Raises `OSError`, and `ValueError`."""
        for _ in range(_FARTHEST):
            answer = await self._asked_once(dialling, url)
            if answer.status not in _ELSEWHERE or answer.location is None:
                return answer
            url = urljoin(url, answer.location)
        return answer

    async def _asked_once(self, dialling: Dialling, url: str) -> Answer:
        place = urlsplit(url)
        server = f"{place.scheme}://{place.netloc}"
        question = url.removeprefix(server) or "/", place.netloc, self.phone.agent
        if self.line and self.line.is_open and self.called == server:
            with suppress(Broken):  # the server was just hanging up
                return await self.line.ask(*question)
        self._hang_up()
        self.line, self.called = await dialling.dial(server), server
        return await self.line.ask(*question)

    def _hang_up(self) -> None:
        if self.line:
            self.line.hang_up()
            self.line = None


def _is_trouble(status: str) -> bool:
    return status in _UNHEARD or status.startswith("5")

"""One phone's boot: requests its files in order, with the patience and retries of real phones."""

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
    """The behaviour of phones. `patience`: timeout of a try in seconds. `pause`: seconds before the next try.

    With several `urls`, as for a name with several addresses, each phone has a preferred one, and moves to the next
    after a failed try.
    """

    urls: tuple[str, ...]
    patience: float = 2.0
    tries: int = 3
    pause: float = 1.0
    verify: bool = True

    def dialling(self) -> Dialling:
        """How the phones of one process connect."""
        return Dialling.with_care(verify=self.verify)


@dataclass(slots=True)
class BootingPhone:
    """A phone through its boots. The provisioning URL in its configuration is used from the next boot on.

    `moved`: how often it has moved to the next address; it stays where it got a response. It has one `line` at a time,
    to the server it `called`.
    """

    phone: SimulatedPhone
    folder: str = ""
    next_folder: str = ""
    moved: int = 0
    line: Line | None = None
    called: str = ""

    async def boot(self, habits: Habits, dialling: Dialling, tally: Tally, clock: Clock) -> None:
        """Request all files on a new connection, and count the results.

        A failure ends the boot. A phone that is refused one configuration file but got another has booted: some also
        request a file of their model, which cannot be attributed to them before they have a secret URL.
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
        """The final result of a file, and the number of retries; only failures are retried."""
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
        except (OSError, ValueError):  # ValueError: redirected to an invalid URL
            return "no connection"
        told = _OWN_FOLDER.search(answer.body) if configures and answer.status == 200 else None
        if told:
            self.next_folder = f"/p/{told[1].decode()}"
        return str(answer.status)

    async def _fetched(self, dialling: Dialling, url: str) -> Answer:
        """Fetch, following redirects. Raises `OSError` or `ValueError`."""
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
            with suppress(Broken):  # the server was just closing the connection
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

"""One phone's boot: it asks for its files one after another, with the patience and the tries that phones have."""

import asyncio
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from pydantic import BaseModel

from provserver.simulation.fleet import AskedFile, SimulatedPhone
from provserver.simulation.tally import Tally

_OWN_FOLDER = re.compile(rb"/p/([A-Za-z0-9_-]{16,})")
_UNHEARD = ("timeout", "no connection")

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

    def tls(self) -> ssl.SSLContext:
        """What the phones of one process make their connections with."""
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


@dataclass(slots=True)
class BootingPhone:
    """A phone through its boots. The folder that a configuration names is used from the next boot on.

    `moved`: how often it has gone on to the next address; it stays where it was answered.
    """

    phone: SimulatedPhone
    folder: str = ""
    next_folder: str = ""
    moved: int = 0

    async def boot(self, habits: Habits, tls: ssl.SSLContext, tally: Tally, clock: Clock) -> None:
        """Ask for everything, on a connection of its own as phones do, and count what came of it.

        Trouble ends the boot. A phone that is refused one of its configurations has booted where it was given another:
        some ask for a file of their model too, which nobody knows to be theirs before they have a folder of their own.
        """
        self.folder = self.next_folder
        failure, refused, configured, retries = None, "nothing", False, 0
        timeout = ClientTimeout(total=habits.patience)
        async with ClientSession(connector=TCPConnector(limit=1, ssl=tls), timeout=timeout) as http:
            for file in self.phone.files:
                status, repeated = await self._insist(http, file, habits, tally, clock)
                retries += repeated
                if _is_trouble(status):
                    failure = status if status in _UNHEARD else f"{status} for a file"
                    break
                if file.configures:
                    configured, refused = configured or status in ("200", "304"), status
        if not failure and not configured:
            failure = f"{refused} for its configuration"
        tally.ended(self.phone.vendor, failure, retries, clock())

    async def _insist(
        self, http: ClientSession, file: AskedFile, habits: Habits, tally: Tally, clock: Clock
    ) -> tuple[str, int]:
        """What came of a file in the end, and how many tries more it took: only trouble is tried again."""
        retry = 0
        while True:
            began = clock()
            status = await self._ask(http, f"{self._server(habits)}{self.folder}/{file.name}", file.configures)
            tally.answered(self.phone.vendor, status, clock() - began, began)
            if not _is_trouble(status) or retry + 1 >= habits.tries:
                return status, retry
            retry += 1
            self.moved += 1
            await asyncio.sleep(habits.pause * retry)

    def _server(self, habits: Habits) -> str:
        return habits.urls[(int(self.phone.mac, 16) + self.moved) % len(habits.urls)]

    async def _ask(self, http: ClientSession, url: str, configures: bool) -> str:
        try:
            async with http.get(url, headers={"User-Agent": self.phone.agent}) as answer:
                body = await answer.read()
        except TimeoutError:
            return "timeout"
        except (ClientError, OSError):
            return "no connection"
        told = _OWN_FOLDER.search(body) if configures and answer.status == 200 else None
        if told:
            self.next_folder = f"/p/{told[1].decode()}"
        return str(answer.status)


def _is_trouble(status: str) -> bool:
    return status in _UNHEARD or status.startswith("5")

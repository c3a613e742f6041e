"""Client for the Asterisk Manager Interface. Only one action at a time."""

import asyncio
import ssl
from collections.abc import Iterable
from contextlib import suppress

from provserver.checksync.problem import ProxyProblem, in_words

Fields = dict[str, str]
"""One message; for repeated fields, the first value."""


class Manager:
    """A logged-in connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: str) -> None:
        self._reader, self._writer, self._place = reader, writer, place
        self._actions = 0

    @classmethod
    async def open(cls, host: str, port: int, username: str, secret: str, tls: ssl.SSLContext | None) -> "Manager":
        """Connect and log in. Raises `ProxyProblem`."""
        place = f"Asterisk's AMI at {host}:{port}"
        try:
            reader, writer = await asyncio.open_connection(host, port, ssl=tls)
        except OSError as error:
            raise ProxyProblem(f"{place}: {in_words(error)}") from error
        manager = cls(reader, writer, place)
        try:
            await manager._log_in(username, secret)
        except BaseException:
            await manager.close()
            raise
        return manager

    async def _log_in(self, username: str, secret: str) -> None:
        if "Call Manager" not in await self._line():
            raise ProxyProblem(f"{self._place}: it does not speak AMI")
        answer = await self.action("Login", [("Username", username), ("Secret", secret), ("Events", "off")])
        if answer.get("Response") != "Success":
            raise ProxyProblem(f"{self._place} refuses the login: {answer.get('Message', '')}")

    async def action(self, name: str, fields: Iterable[tuple[str, str]]) -> Fields:
        """Send an action and return its response. Raises `ProxyProblem` if the connection is lost."""
        self._actions += 1
        wanted = str(self._actions)
        lines = [("Action", name), ("ActionID", wanted), *fields]
        for _, value in lines:
            if "\r" in value or "\n" in value:
                raise ValueError("a line break cannot stand in an AMI action")
        self._writer.write("".join(f"{key}: {value}\r\n" for key, value in lines).encode() + b"\r\n")
        with suppress(OSError):  # reported when reading
            await self._writer.drain()
        while True:
            message = await self._message()
            if "Response" in message and message.get("ActionID") == wanted:
                return message

    async def events(self, last: str) -> list[Fields]:
        """The events of the last action, up to but excluding the event `last`."""
        found: list[Fields] = []
        while True:
            message = await self._message()
            if message.get("ActionID") != str(self._actions):
                continue
            if message.get("Event") == last:
                return found
            found.append(message)

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _message(self) -> Fields:
        fields: Fields = {}
        while line := await self._line():
            name, _, value = line.partition(":")
            fields.setdefault(name.strip(), value.strip())
        return fields

    async def _line(self) -> str:
        try:
            line = await self._reader.readline()
        except (OSError, ValueError) as error:
            raise ProxyProblem(f"{self._place}: the connection is lost ({error})") from error
        if not line.endswith(b"\n"):
            raise ProxyProblem(f"{self._place}: it closed the connection")
        return line.decode(errors="replace").rstrip("\r\n")

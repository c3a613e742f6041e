"""Client for FreeSWITCH's event socket (inbound mode)."""

import asyncio
from contextlib import suppress
from typing import NamedTuple

from provserver.checksync.problem import ProxyProblem, in_words


class Packet(NamedTuple):
    """One message; header names in lower case."""

    headers: dict[str, str]
    body: str


class EventSocket:
    """An authenticated connection. It subscribes to no events, so each reply is the next message."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: str) -> None:
        self._reader, self._writer, self._place = reader, writer, place

    @classmethod
    async def open(cls, host: str, port: int, password: str) -> "EventSocket":
        """Connect and authenticate. Raises `ProxyProblem`."""
        place = f"FreeSWITCH's event socket at {host}:{port}"
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError as error:
            raise ProxyProblem(f"{place}: {in_words(error)}") from error
        connection = cls(reader, writer, place)
        try:
            await connection._authenticate(password)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _authenticate(self, password: str) -> None:
        first = await self._packet()
        if first.headers.get("content-type") != "auth/request":
            raise ProxyProblem(f"{self._place}: {first.body.strip() or 'it is not an event socket'}")
        answer = await self._command([f"auth {password}"])
        if not answer.headers.get("reply-text", "").startswith("+OK"):
            raise ProxyProblem(f"{self._place} refuses the password")

    async def api(self, command: str) -> str:
        """Run a console command and return its output."""
        return (await self._command([f"api {command}"])).body

    async def send_event(self, name: str, headers: dict[str, str], body: str = "") -> str:
        """Send an event; returns the reply, `+OK …` or `-ERR …`."""
        lines = [f"sendevent {name}", *(f"{header}: {value}" for header, value in headers.items())]
        if body:
            lines.append(f"content-length: {len(body.encode())}")
        return (await self._command(lines, body)).headers.get("reply-text", "")

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _command(self, lines: list[str], body: str = "") -> Packet:
        if any("\n" in line or "\r" in line for line in lines):
            raise ValueError("a line break cannot stand in a command of the event socket")
        self._writer.write(("\n".join(lines) + "\n\n" + body).encode())
        with suppress(OSError):  # reported when reading
            await self._writer.drain()
        while True:
            packet = await self._packet()
            if packet.headers.get("content-type") in ("command/reply", "api/response"):
                return packet

    async def _packet(self) -> Packet:
        headers: dict[str, str] = {}
        try:
            while line := (await self._reader.readuntil(b"\n")).decode(errors="replace").strip():
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            length = headers.get("content-length", "0")
            body = await self._reader.readexactly(int(length)) if length.isdigit() else b""
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            raise ProxyProblem(f"{self._place}: it closed the connection") from error
        return Packet(headers, body.decode(errors="replace"))

"""The PROXY protocol, versions 1 and 2: the line or block by which a proxy tells whose connection it passes on.

It comes before everything else on the connection, before TLS as well, so it is read to its last byte and no further.
"""

import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_SHORTEST = 15  # `PROXY UNKNOWN` and the end of its line; a header of version 2 has 16 bytes and more
_LONGEST_LINE = 107
_LONGEST_BLOCK = 1024  # of addresses and of what else a proxy has to tell


class NotProxied(Exception):
    """What came is no header of the PROXY protocol."""


@dataclass(frozen=True, slots=True)
class Told:
    """Whose connection it is: the client's address and port."""

    address: str
    port: int


Read = Callable[[int], Awaitable[bytes]]
"""Reads exactly that many bytes."""


async def read_header(read: Read) -> Told | None:
    """The header at the start of a connection; None where the proxy speaks for itself. Raises `NotProxied`."""
    start = await read(_SHORTEST)
    if start.startswith(_SIGNATURE):
        fixed = (start + await read(1))[len(_SIGNATURE) :]
        length = int.from_bytes(fixed[2:], "big")
        if length > _LONGEST_BLOCK:
            raise NotProxied(f"a block of {length} bytes")
        return _read_block(fixed[0], fixed[1], await read(length) if length else b"")
    if not start.startswith(b"PROXY "):
        raise NotProxied(f"begins with {start[:6]!r}")
    line = start
    while not line.endswith(b"\r\n"):
        if len(line) >= _LONGEST_LINE:
            raise NotProxied("its line does not end")
        line += await read(1)
    return _read_line(line)


def _read_line(line: bytes) -> Told | None:
    """`PROXY TCP4 <client> <proxy> <client's port> <proxy's port>`, or `PROXY UNKNOWN` and anything."""
    words = line[:-2].decode("ascii", "replace").split(" ")
    if words[1:2] == ["UNKNOWN"]:
        return None
    try:
        _, family, client, _, port, _ = words
        address = IPv4Address(client) if family == "TCP4" else IPv6Address(client)
        return _told(address, int(port))
    except ValueError:
        raise NotProxied(f"cannot be read: {line[:40]!r}") from None


def _read_block(version_and_command: int, family: int, block: bytes) -> Told | None:
    """Version 2: command LOCAL is the proxy's own, PROXY has the addresses by family."""
    if version_and_command == 0x20:
        return None
    if version_and_command != 0x21:
        raise NotProxied(f"version and command {version_and_command:#x}")
    try:
        if family == 0x11:
            client, _, port, _ = struct.unpack_from("!4s4sHH", block)
            return _told(IPv4Address(client), port)
        if family == 0x21:
            client, _, port, _ = struct.unpack_from("!16s16sHH", block)
            return _told(IPv6Address(client), port)
    except struct.error:
        raise NotProxied(f"a block of {len(block)} bytes is too short for its addresses") from None
    return None  # a family without addresses of the network


def _told(address: IPv4Address | IPv6Address, port: int) -> Told:
    if not 0 <= port <= 65535:
        raise ValueError(port)
    return Told(str(address), port)

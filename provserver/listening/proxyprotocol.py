"""The PROXY protocol, versions 1 and 2: the header by which a proxy reports the client's address.

It precedes everything else on the connection, including TLS.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_LINE = b"PROXY "
_FIXED = 16  # bytes of a version 2 header before its address block
_LONGEST_LINE = 107
_LONGEST_BLOCK = 1024  # of addresses and TLVs


class NotProxied(Exception):
    """The data does not start with a PROXY protocol header."""


@dataclass(frozen=True, slots=True)
class Told:
    """The client's address and port."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Header:
    """A complete header: the client (None: the proxy's own connection, LOCAL), and its size in bytes."""

    told: Told | None
    size: int


def read_header(data: bytes) -> Header | None:
    """The header at the start of a connection; None if it is incomplete. Raises `NotProxied`."""
    if data.startswith(_SIGNATURE):
        return _read_version_2(data)
    if data.startswith(_LINE):
        return _read_version_1(data)
    if _SIGNATURE.startswith(data) or _LINE.startswith(data):
        return None
    raise NotProxied(f"begins with {data[:6]!r}")


def _read_version_1(data: bytes) -> Header | None:
    """`PROXY TCP4 <client> <proxy> <client port> <proxy port>`, or `PROXY UNKNOWN` followed by anything."""
    line, end, _ = data[:_LONGEST_LINE].partition(b"\r\n")
    if not end:
        if len(data) >= _LONGEST_LINE:
            raise NotProxied("its line does not end")
        return None
    words, size = line.decode("ascii", "replace").split(" "), len(line) + len(end)
    if words[1] == "UNKNOWN":
        return Header(None, size)
    try:
        _, family, client, _, port, _ = words
        address = IPv4Address(client) if family == "TCP4" else IPv6Address(client)
        return Header(_told(address, int(port)), size)
    except ValueError:
        raise NotProxied(f"cannot be read: {line[:40]!r}") from None


def _read_version_2(data: bytes) -> Header | None:
    if len(data) < _FIXED:
        return None
    length = int.from_bytes(data[_FIXED - 2 : _FIXED], "big")
    if length > _LONGEST_BLOCK:
        raise NotProxied(f"a block of {length} bytes")
    size = _FIXED + length
    return Header(_read_block(data[12], data[13], data[_FIXED:size]), size) if len(data) >= size else None


def _read_block(version_and_command: int, family: int, block: bytes) -> Told | None:
    """Command LOCAL: the proxy's own connection. Command PROXY: addresses by family."""
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
    return None  # a family without IP addresses


def _told(address: IPv4Address | IPv6Address, port: int) -> Told:
    if not 0 <= port <= 65535:
        raise ValueError(port)
    return Told(str(address), port)

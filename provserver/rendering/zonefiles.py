"""Reads time zone files (TZif, RFC 9636): all explicit offset changes, and the rule that applies after them."""

from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from struct import Struct, unpack_from

_HEADER = Struct(">4sc15x6l")
_TYPE = Struct(">lbb")
_SECONDS_A_MINUTE = 60
DATABASE = version("tzdata")
"""Version of the time zone database."""
_FOLDER = files("tzdata") / "zoneinfo"


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """The changes in a file: (time in seconds since 1970, minutes east of UTC from then on).

    `before`: the offset before the first change. `footer`: the POSIX TZ string for the time after the last.
    """

    before: int
    changes: tuple[tuple[int, int], ...]
    footer: str


def zone_file(name: str) -> ZoneFile:
    """Read the file of an existing IANA zone from the packaged database, independent of the system.

    Not cached: all files together are megabytes; what is derived from them is cached.
    """
    return read_tzif(_FOLDER.joinpath(name).read_bytes())


def read_tzif(data: bytes) -> ZoneFile:
    """Parse the second data block, with 64-bit times. All versions since 2 (2006) have it."""
    _, _, utc, standard, leaps, times, types, letters = _HEADER.unpack_from(data)
    start = _HEADER.size + times * 5 + types * _TYPE.size + letters + leaps * 8 + standard + utc
    _, _, _, _, _, times, types, _ = _HEADER.unpack_from(data, start)
    start += _HEADER.size
    moments = unpack_from(f">{times}q", data, start)
    kinds = unpack_from(f">{times}B", data, start + times * 8)
    offsets = [
        _TYPE.unpack_from(data, start + times * 9 + number * _TYPE.size)[0] // _SECONDS_A_MINUTE
        for number in range(types)
    ]
    footer = data.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii")
    changes = tuple((moment, offsets[kind]) for moment, kind in zip(moments, kinds, strict=True))
    return ZoneFile(offsets[0], changes, footer)

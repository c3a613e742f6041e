"""The files of the time zone database (TZif, RFC 9636): when offsets changed or will, and the rules from then on."""

from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from struct import Struct, unpack_from

_HEADER = Struct(">4sc15x6l")
_TYPE = Struct(">lbb")
_SECONDS_A_MINUTE = 60
DATABASE = version("tzdata")
"""Which edition of the database it is."""
_FOLDER = files("tzdata") / "zoneinfo"


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """Each change that the file names: its moment in seconds since 1970, and minutes east of UTC from then on.

    `before` is the offset before the first of them; `footer` the POSIX text of what holds after the last.
    """

    before: int
    changes: tuple[tuple[int, int], ...]
    footer: str


def zone_file(name: str) -> ZoneFile:
    """The file of an IANA name that exists, from the data that ships with us, whatever the machine has.

    Not kept: all of them are megabytes, and what is made of them is.
    """
    return read_tzif(_FOLDER.joinpath(name).read_bytes())


def read_tzif(data: bytes) -> ZoneFile:
    """Read the second part of a file, that with 64-bit moments; every version since 2006 has one."""
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

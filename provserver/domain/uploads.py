"""Files uploaded by operators for phones: the accepted types, detected by their first bytes, and their names.

Names are generated; of the original name only a known extension is kept.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from provserver.domain.errors import Invalid

HEAD_BYTES = 512
"""How many leading bytes `ending_of` needs."""

FILE_NAME = re.compile(r"[a-z2-7]{32}\.[a-z0-9]{2,4}")
"""Names of uploaded files: 160 random bits and an extension."""

MAX_SMALL = 10 * 1024 * 1024


class FileKind(StrEnum):
    """What an uploaded file is for."""

    FIRMWARE = "firmware"
    WALLPAPER = "wallpaper"
    LOGO = "logo"
    RINGTONE = "ringtone"
    PHONEBOOK = "phonebook"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An uploaded file of an account, or of the platform (`account_id` None).

    `file_name` is generated; knowing it grants access. `label` is for people.
    """

    id: str
    account_id: str | None = None
    kind: FileKind
    label: str | None = None
    file_name: str
    content_type: str
    size: int
    sha256: str
    created_at: datetime


_IMAGES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpg"),
    (re.compile(rb"BM.{8}\x00\x00", re.DOTALL), "bmp"),
    (re.compile(rb"GIF8[79]a"), "gif"),
)
_SOUNDS = (
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "wav"),
    (re.compile(rb"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]"), "mp3"),
    (re.compile(rb"OggS"), "ogg"),
)
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_TYPE_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_HTML = re.compile(rb"<\s*(?:html|script|svg)\b", re.IGNORECASE)
_PROGRAM = re.compile(rb"#!|MZ|\x7fELF")
# The extensions on the vendors' download pages; phones check them.
_FIRMWARE_ENDINGS = frozenset({"bin", "rom", "swu", "fw", "img", "pkg", "tar", "gz", "tgz", "zip", "ld", "z", "cop"})
_CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "xml": "application/xml",
}


def content_type_of(ending: str) -> str:
    """The content type for an extension."""
    return _CONTENT_TYPES.get(ending, "application/octet-stream")


def ending_of(kind: FileKind, head: bytes, original: str | None) -> str:
    """The extension of a file that starts with `head`. Raises `Invalid` if it is not of this kind.

    `original`: the uploaded name; the extension of firmware is taken from it, as the content does not tell.
    """
    ending = _ENDINGS[kind](head, original)
    if ending is None:
        reason = f"is not {_EXPECTED[kind]}"
        raise Invalid(f"the file {reason}", code="wrong_file_type", details={"body": reason})
    return ending


def _image(head: bytes, _: str | None) -> str | None:
    return next((ending for pattern, ending in _IMAGES if pattern.match(head)), None)


def _sound(head: bytes, _: str | None) -> str | None:
    return next((ending for pattern, ending in _SOUNDS if pattern.match(head)), None)


def _phonebook(head: bytes, _: str | None) -> str | None:
    plain = _MARKUP.match(head) and not _TYPE_DECLARATION.search(head) and not _HTML.search(head)
    return "xml" if plain and b"\0" not in head else None


def _firmware(head: bytes, original: str | None) -> str | None:
    if len(head) < HEAD_BYTES or _MARKUP.match(head) or _PROGRAM.match(head) or _image(head, None):
        return None
    ending = PurePosixPath(original or "firmware.bin").suffix[1:].lower()
    if ending not in _FIRMWARE_ENDINGS:
        reason = f"must end like a firmware file: {', '.join(sorted(_FIRMWARE_ENDINGS))}"
        raise Invalid(f"name {reason}", code="wrong_file_type", details={"name": reason})
    return ending


_ENDINGS: dict[FileKind, Callable[[bytes, str | None], str | None]] = {
    FileKind.FIRMWARE: _firmware,
    FileKind.WALLPAPER: _image,
    FileKind.LOGO: _image,
    FileKind.RINGTONE: _sound,
    FileKind.PHONEBOOK: _phonebook,
}
_EXPECTED = {
    FileKind.FIRMWARE: f"a firmware: at least {HEAD_BYTES} bytes that are no web page, picture, script or program",
    FileKind.WALLPAPER: "a picture: PNG, JPEG, BMP or GIF",
    FileKind.LOGO: "a picture: PNG, JPEG, BMP or GIF",
    FileKind.RINGTONE: "a sound: WAV, MP3 or Ogg",
    FileKind.PHONEBOOK: "XML without a document type declaration",
}

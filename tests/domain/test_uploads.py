"""What may be uploaded is told by its bytes, not by what somebody calls it."""

import pytest

from provserver.domain.errors import Invalid
from provserver.domain.uploads import FILE_NAME, FileKind, ending_of

BLOB = bytes(range(1, 256)) * 4
GOOD = [
    (FileKind.WALLPAPER, b"\x89PNG\r\n\x1a\n....", "x.exe", "png"),
    (FileKind.WALLPAPER, b"\xff\xd8\xff\xe0....", None, "jpg"),
    (FileKind.LOGO, b"BM" + b"\x10" * 8 + b"\0\0" + b"....", None, "bmp"),
    (FileKind.LOGO, b"GIF89a....", None, "gif"),
    (FileKind.RINGTONE, b"RIFF\x24\0\0\0WAVEfmt ", None, "wav"),
    (FileKind.RINGTONE, b"ID3\x04....", None, "mp3"),
    (FileKind.RINGTONE, b"\xff\xfb\x90....", None, "mp3"),
    (FileKind.RINGTONE, b"OggS....", None, "ogg"),
    (FileKind.PHONEBOOK, b'\xef\xbb\xbf<?xml version="1.0"?><a/>', None, "xml"),
    (FileKind.FIRMWARE, BLOB, "T46S-66.86.0.15.ROM", "rom"),
    (FileKind.FIRMWARE, BLOB, None, "bin"),
]
BAD = [
    (FileKind.WALLPAPER, b"<svg onload=alert(1)>", "a.png"),
    (FileKind.WALLPAPER, b"RIFF\x24\0\0\0WAVEfmt ", "a.png"),
    (FileKind.RINGTONE, b"\x89PNG\r\n\x1a\n....", "a.wav"),
    (FileKind.PHONEBOOK, b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "a.xml"),
    (FileKind.PHONEBOOK, b"<html><script>1</script></html>", "a.xml"),
    (FileKind.PHONEBOOK, BLOB, "a.xml"),
    (FileKind.FIRMWARE, b"<html>" + BLOB, "a.bin"),
    (FileKind.FIRMWARE, b"#!/bin/sh\n" + BLOB, "a.bin"),
    (FileKind.FIRMWARE, b"MZ" + BLOB, "a.bin"),
    (FileKind.FIRMWARE, b"\x7fELF" + BLOB, "a.bin"),
    (FileKind.FIRMWARE, b"\x89PNG\r\n\x1a\n" + BLOB, "a.bin"),
    (FileKind.FIRMWARE, b"short", "a.bin"),
    (FileKind.FIRMWARE, BLOB, "a.html"),
    (FileKind.FIRMWARE, BLOB, "bin"),
    (FileKind.FIRMWARE, BLOB, "a.bin/../../x"),
]


@pytest.mark.parametrize(("kind", "head", "name", "ending"), GOOD)
def test_the_ending_follows_from_the_bytes(kind: FileKind, head: bytes, name: str | None, ending: str) -> None:
    """A phone gets a picture as a picture, whatever its name said."""
    assert ending_of(kind, head, name) == ending
    assert FILE_NAME.fullmatch(f"{'a' * 32}.{ending}")


@pytest.mark.parametrize(("kind", "head", "name"), BAD)
def test_what_is_none_of_its_kind_is_refused(kind: FileKind, head: bytes, name: str) -> None:
    """Nothing that a browser or a machine would run is stored under our address."""
    with pytest.raises(Invalid) as refused:
        ending_of(kind, head, name)
    assert refused.value.code == "wrong_file_type"

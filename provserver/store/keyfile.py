"""The key file: one Fernet key per line, the one that seals on top; `#` starts a comment."""

import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from provserver.domain.errors import BadConfiguration

_OPEN_TO_OTHERS = 0o077


def read_keys(path: Path) -> list[str]:
    """The keys of `path`, the one that seals first; `BadConfiguration` says what is wrong with the file."""
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
    except OSError as error:
        raise BadConfiguration(f"key file {path}: {error.strerror}; `provserver init` makes one") from error
    except UnicodeDecodeError as error:
        raise BadConfiguration(f"key file {path}: is not a text file of keys") from error
    if mode & _OPEN_TO_OTHERS:
        raise BadConfiguration(f"key file {path}: others can read it; run `chmod 600 {path}`")
    return _parsed(path, text)


def create_key_file(path: Path) -> None:
    """Make `path` with one new key, for its owner alone; `BadConfiguration` where it exists or cannot be made."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BadConfiguration(f"key file {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("# Opens the secrets in the database. Keep a copy apart from the database's.\n")
        file.write(_new_key() + "\n")
        _to_disk(file.fileno())


def add_key(path: Path) -> None:
    """Put a new key on top: it seals from now on, the others still open."""
    _replace(path, [_new_key(), *read_keys(path)])


def drop_old_keys(path: Path) -> int:
    """Keep only the key on top and say how many went. What is still sealed with them is lost: reseal first."""
    keys = read_keys(path)
    _replace(path, keys[:1])
    return len(keys) - 1


def fingerprint(path: Path) -> tuple[int, ...]:
    """What differs when the file was replaced or rewritten; empty where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _parsed(path: Path, text: str) -> list[str]:
    keys = []
    for number, line in enumerate(text.splitlines(), start=1):
        key = line.partition("#")[0].strip()
        if not key:
            continue
        try:
            Fernet(key)
        except ValueError as error:
            raise BadConfiguration(f"key file {path}, line {number}: is not a key") from error
        keys.append(key)
    if not keys:
        raise BadConfiguration(f"key file {path}: holds no key")
    return keys


def _replace(path: Path, keys: list[str]) -> None:
    """All or nothing: whoever reads meanwhile sees the old file or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("\n".join(keys) + "\n")
        _to_disk(file.fileno())
    Path(name).replace(path)


def _to_disk(descriptor: int) -> None:
    # A key that is lost in a power cut takes everything with it that was sealed with it.
    os.fsync(descriptor)


def _new_key() -> str:
    return Fernet.generate_key().decode()

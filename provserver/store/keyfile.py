"""The key file: one Fernet key per line; the first one encrypts, all decrypt. `#` starts a comment."""

import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from provserver.domain.errors import BadConfiguration

_OPEN_TO_OTHERS = 0o077


def read_keys(path: Path) -> list[str]:
    """Read the keys of `path`. Raises `BadConfiguration` with what is wrong."""
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
    """Create `path` with one new key and mode 0600. Raises `BadConfiguration` if it exists or cannot be created."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BadConfiguration(f"key file {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("# Opens the secrets in the database. Keep a copy apart from the database's.\n")
        file.write(_new_key() + "\n")
        _to_disk(file.fileno())


def add_key(path: Path) -> None:
    """Add a new key at the top, used for encryption from now on. The others still decrypt."""
    _replace(path, [_new_key(), *read_keys(path)])


def drop_old_keys(path: Path) -> int:
    """Remove all keys but the first and return how many. Anything still encrypted with them is lost: reseal first."""
    keys = read_keys(path)
    _replace(path, keys[:1])
    return len(keys) - 1


def fingerprint(path: Path) -> tuple[int, ...]:
    """Changes whenever the file is replaced or rewritten; empty if it does not exist."""
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
    """Replace the file atomically."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # created with mode 0600
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("\n".join(keys) + "\n")
        _to_disk(file.fileno())
    Path(name).replace(path)


def _to_disk(descriptor: int) -> None:
    # losing a key in a power cut would lose everything encrypted with it
    os.fsync(descriptor)


def _new_key() -> str:
    return Fernet.generate_key().decode()

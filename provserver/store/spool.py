"""Saves contacts that a process could not write before it ended, for the next process."""

from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

import structlog
from pydantic import TypeAdapter, ValidationError

from provserver.domain.device import Event
from provserver.store.contacts import Contact
from provserver.store.repeat_contacts import RepeatContact

Left = Contact | Event | RepeatContact

_LEFT: TypeAdapter[list[Left]] = TypeAdapter(list[Left])

_log = structlog.get_logger("contacts")


class Spool:
    """A folder of spool files. Taking a file is exclusive, so that nothing is written twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, left: Iterable[Left]) -> None:
        """Save these for the next process. Raises `OSError`."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        file = self._folder / f"{uuid4().hex}.new"
        try:
            file.touch(mode=0o600)
            file.write_bytes(_LEFT.dump_json(list(left)))
            file.rename(file.with_suffix(".json"))
        except OSError:
            file.unlink(missing_ok=True)
            raise

    def take(self) -> list[Left]:
        """Read and remove one file saved by another process. Unreadable files are logged and kept aside."""
        for file in sorted(self._folder.glob("*.json"), key=lambda file: file.name):
            taken = file.with_suffix(".taken")
            try:
                file.rename(taken)
                left = _LEFT.validate_json(taken.read_bytes())
                taken.unlink()
            except FileNotFoundError:
                continue  # another process was faster
            except (OSError, ValidationError) as error:
                _log.error("contacts_not_taken_up", file=str(taken), error=type(error).__name__)
            else:
                return left
        return []

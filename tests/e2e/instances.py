"""Instances that share a PostgreSQL database and the key file."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from provserver.store.keyfile import create_key_file

from .process import Server, serving


@contextmanager
def sharing(folder: Path, names: Sequence[str], url: str, **variables: str) -> Iterator[list[Server]]:
    """One server for each name, with its data in a folder of that name."""
    create_key_file(folder / "secret.key")
    with ExitStack() as stack:
        servers = []
        for name in names:
            (folder / name / "data").mkdir(parents=True, mode=0o700)
            shutil.copy(folder / "secret.key", folder / name / "data" / "secret.key")
            servers.append(stack.enter_context(serving(folder / name, PROVSERVER_DATABASE__URL=url, **variables)))
        yield servers

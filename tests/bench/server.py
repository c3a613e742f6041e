"""provserver as it is run, on a data directory that has been filled before."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.load import Target

KEY = "sk_live_for_the_benchmarks_of_provserver"
_LISTENING = re.compile(r'"phones": ?"([^"]+)".*|phones=(\S+)')
_API = re.compile(r'"api": ?"([^"]+)".*|api=(\S+)')


@dataclass(frozen=True)
class Server:
    """A running server: its first process, its two addresses, and the seconds until it was ready."""

    pid: int
    phones: str
    api: str
    ready_after: float

    @property
    def target(self) -> Target:
        """The listener for phones, as load is told of it."""
        return Target(self.pid, self.phones)


@contextmanager
def provserver(data_dir: Path, url: str | None = None, *arguments: str, **variables: str) -> Iterator[Server]:
    """`provserver serve` with a structured log, on free ports; `url` where the database is not the embedded one."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PROVSERVER_")}
    own.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed server's modules are compiled once, not at each start
    env = {
        **own,
        "PROVSERVER_DATA_DIR": str(data_dir),
        "PROVSERVER_PHONES__HOST": "127.0.0.1",
        "PROVSERVER_PHONES__PORT": "0",
        "PROVSERVER_API__PORT": "0",
        "PROVSERVER_API__BOOTSTRAP_KEY": KEY,
        "PROVSERVER_LOG__FORMAT": "json",
        **({"PROVSERVER_DATABASE__URL": url} if url else {}),
        **variables,
    }
    log = data_dir / "log.txt"
    with log.open("wb") as output:
        started = time.monotonic()
        command = [sys.executable, "-m", "provserver", "serve", *arguments]
        process = subprocess.Popen(command, env=env, stderr=output, stdout=subprocess.DEVNULL)
        try:
            phones, api = _addresses(process, log)
            yield Server(process.pid, phones, api, time.monotonic() - started)
        finally:
            process.terminate()
            process.wait(30)


def _addresses(process: "subprocess.Popen[bytes]", log: Path) -> tuple[str, str]:
    while process.poll() is None:
        said = log.read_text()
        phones, api = _LISTENING.search(said), _API.search(said)
        if "listening" in said and phones and api:
            return phones[1] or phones[2], api[1] or api[2]
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")

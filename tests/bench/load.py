"""Load by wrk, and what it cost the server that was asked: processor time over requests."""

import re
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from tests.bench.processes import cpu_seconds

_REQUESTS = re.compile(r"(\d+) requests in")
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_SOCKETS = re.compile(r"Socket errors: .*")

_SCRIPT = """
local paths = {{ {paths} }}
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], {{ {headers} }})
end
"""


@dataclass(frozen=True)
class Cost:
    """What one run cost: processor time per request in microseconds, and how many were answered."""

    microseconds: float
    requests: int
    seconds: float


@dataclass(frozen=True)
class Load:
    """Requests over `connections` connections; each is kept, or (`fresh`) there is a new one for every request."""

    paths: Sequence[str]
    headers: dict[str, str]
    fresh: bool = False
    connections: int = 16

    def script(self) -> str:
        """What wrk is told."""
        headers = self.headers | ({"Connection": "close"} if self.fresh else {})
        return _SCRIPT.format(
            paths=", ".join(f'"{path}"' for path in self.paths),
            headers=", ".join(f"['{name}'] = '{value}'" for name, value in headers.items()),
        )


def measure(load: Load, url: str, pid: int, seconds: float, folder: Path) -> Cost:
    """Ask the server `pid` at `url`. Once all has been asked for before, so that nothing is rendered while it counts.

    Raises where it answers anything but well.
    """
    script = folder / "load.lua"
    script.write_text(load.script())
    _warm(load, url)
    _run(load, url, 1, script)
    before = cpu_seconds(pid)
    told = _run(load, url, seconds, script)
    used = cpu_seconds(pid) - before
    refused, found = _REFUSED.search(told), _REQUESTS.search(told)
    if refused or found is None or int(found[1]) == 0:
        raise RuntimeError(f"{url} did not answer well:\n{told}")
    return Cost(used / int(found[1]) * 1e6, int(found[1]), seconds)


def _warm(load: Load, url: str) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    headers = {name: value for name, value in load.headers.items() if name != "If-None-Match"}
    for path in load.paths:
        with urlopen(Request(url + path, headers=headers), timeout=30, context=trusting) as answer:  # noqa: S310 - our own
            answer.read()


def _run(load: Load, url: str, seconds: float, script: Path) -> str:
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds:g}s", "--timeout", "5s", "-s", str(script), url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout

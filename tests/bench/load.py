"""Load by wrk, and what it cost the servers that were asked: processor time over requests."""

import re
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from tests.bench.processes import cpu_seconds

_TURN = 1  # second; short turns, and many: the best of them are those that nothing else has got into
_FEWEST = 3
_AFTERWARDS = 0.8  # seconds in which a server does what it has put off until there is less to do: that counts as well

_REQUESTS = re.compile(r"(\d+) requests in")
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")

_SCRIPT = """
local paths = {{ {paths} }}
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], {{ {headers} }})
end
"""


@dataclass(frozen=True)
class Target:
    """A server: its first process, and its address."""

    pid: int
    url: str


@dataclass(frozen=True)
class Cost:
    """What a run cost: processor time per request in microseconds, and how many a second were answered."""

    microseconds: float
    rate: float


@dataclass(frozen=True)
class Load:
    """Requests over `connections` connections; each is kept, or (`fresh`) there is a new one for every request."""

    paths: Sequence[str]
    headers: Mapping[str, str]
    fresh: bool = False
    connections: int = 16

    def script(self) -> str:
        """What wrk is told."""
        headers = {**self.headers, **({"Connection": "close"} if self.fresh else {})}
        return _SCRIPT.format(
            paths=", ".join(f'"{path}"' for path in self.paths),
            headers=", ".join(f"['{name}'] = '{value}'" for name, value in headers.items()),
        )


Asked = Mapping[str, tuple[Load, Target]]


def beside(load: Load, targets: Mapping[str, Target], seconds: float, folder: Path) -> dict[str, Cost]:
    """What the same load costs each target."""
    return compare({name: (load, target) for name, target in targets.items()}, seconds, folder)


def compare(asked: Asked, seconds: float, folder: Path) -> dict[str, Cost]:
    """What each costs: they have turns of a second, `seconds` in all for each, and the best of its turns counts.

    So what else the machine does falls on all of them, and least on what is told. Everything has been asked for before,
    so that nothing is rendered while it counts. Raises where one answers anything but well.
    """
    best: dict[str, Cost] = {}
    scripts = {name: folder / f"{name}.lua" for name in asked}
    for name, (load, target) in asked.items():
        scripts[name].write_text(load.script())
        _warm(load, target.url)
        _run(load, target.url, 1, scripts[name])
    for _ in range(max(_FEWEST, round(seconds / _TURN))):
        for name, (load, target) in asked.items():
            cost = _turn(load, target, _TURN, scripts[name])
            best[name] = min(best.get(name, cost), cost, key=lambda one: one.microseconds)
    return best


def _turn(load: Load, target: Target, seconds: float, script: Path) -> Cost:
    before = cpu_seconds(target.pid)
    told = _run(load, target.url, seconds, script)
    time.sleep(_AFTERWARDS)
    used = cpu_seconds(target.pid) - before
    refused, found = _REFUSED.search(told), _REQUESTS.search(told)
    if refused or found is None or int(found[1]) == 0:
        raise RuntimeError(f"{target.url} did not answer well:\n{told}")
    return Cost(used / int(found[1]) * 1e6, int(found[1]) / seconds)


def _warm(load: Load, url: str) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    headers = {name: value for name, value in load.headers.items() if name != "If-None-Match"}
    for path in load.paths:
        with urlopen(Request(url + path, headers=headers), timeout=30, context=trusting) as answer:  # noqa: S310 - our own
            answer.read()


def _run(load: Load, url: str, seconds: float, script: Path) -> str:
    # wrk takes whole seconds only
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{round(seconds)}s", "--timeout", "5s", "-s", str(script), url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout

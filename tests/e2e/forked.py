"""The program in a process forked from one that has loaded its modules: reading them takes most of the time of a start.

Everything else is as in a shell: arguments, environment, folder, both outputs, exit code and signals.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

from provserver.cli.main import _COMMANDS, main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, *(f"provserver.cli.{place.split(':')[0]}" for place in _COMMANDS.values())])


Outputs = tuple[int, int]
"""Numbers of open files: for what a command prints, and for what it complains of."""


class Forked:
    """A process that runs `provserver` with these arguments; used as one of `subprocess.Popen`."""

    def __init__(self, arguments: Sequence[str], folder: Path, env: Mapping[str, str], outputs: Outputs) -> None:
        given = (tuple(arguments), folder, dict(env), *map(_OpenFile, outputs))
        self._process = _FORKS.Process(target=_become, args=given, daemon=True)
        self._process.start()
        assert self._process.pid
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """The exit code once it has ended: that of a signal is its negative number."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """Its exit code, waited for."""
        self._process.join(seconds)
        code = self.poll()
        if code is None:
            raise TimeoutError(f"the process still runs after {seconds} seconds")
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@dataclass(frozen=True)
class _OpenFile:
    """Arrives in the new process as a number that stands there for the same open file."""

    number: int

    def __reduce__(self) -> tuple[Callable[[Any], int], tuple[Any]]:
        return _taken, (DupFd(self.number),)


def _taken(sent: Any) -> int:
    return int(sent.detach())


def _become(arguments: Sequence[str], folder: Path, env: Mapping[str, str], stdout: int, stderr: int) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for given, number in ((stdout, 1), (stderr, 2)):
        os.dup2(given, number)
        os.close(given)
    sys.argv = ["provserver", *arguments]
    main(prog_name="provserver")

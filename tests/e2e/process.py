"""The real process, started as an operator would start it."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.forked import Forked, Outputs

KEY = "sk_live_for_the_tests_of_the_process"
PATIENCE = 120
"""Seconds for what takes one or two: a machine may be busy with something else."""

Begin = Callable[[Sequence[str], Path, Mapping[str, str], Outputs], "subprocess.Popen[str] | Forked"]

_LISTENING = re.compile(r"listening.*?api=(\S+).*?phones=(\S+)")


@dataclass
class Server:
    """A running process with its two addresses."""

    process: "subprocess.Popen[str] | Forked"
    api: str
    phones: str
    stderr: Path
    stdout: Path

    def said(self) -> str:
        return self.stderr.read_text() + self.stdout.read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def call(self, method: str, path: str, body: Any = None, account: str | None = None) -> Any:
        """An API call with the platform key; the answer's JSON."""
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        if account:
            headers["DialStack-Account"] = account
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data, headers, method=method)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            text = answer.read()
            return json.loads(text) if text else None

    def fetch(self, path: str, agent: str = "") -> tuple[int, str]:
        """What a phone gets: status and text."""
        request = urllib.request.Request(self.phones + path, headers={"User-Agent": agent})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Free ports, data in `folder`, a known key, much patience, and nothing of the caller's own configuration.

    A variable that is empty is none.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PROVSERVER_")}
    told = {
        **clean,
        "PROVSERVER_DATA_DIR": str(folder / "data"),
        "PROVSERVER_PHONES__HOST": "127.0.0.1",
        "PROVSERVER_PHONES__PORT": "0",
        "PROVSERVER_PHONES__PATIENCE": "60",
        "PROVSERVER_DATABASE__WAIT": "60",
        "PROVSERVER_DATABASE__STATEMENT_TIMEOUT": "60",
        "PROVSERVER_API__PORT": "0",
        "PROVSERVER_API__BOOTSTRAP_KEY": KEY,
        **variables,
    }
    return {name: value for name, value in told.items() if value}


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = Forked(arguments, folder, environment(folder, **variables), (output.fileno(), errors.fileno()))
        try:
            code = process.wait(PATIENCE)
        finally:
            process.kill()
        for file in (output, errors):
            file.seek(0)
        return subprocess.CompletedProcess(arguments, code, output.read(), errors.read())


def serving(folder: Path, *arguments: str, **variables: str) -> AbstractContextManager[Server]:
    """`provserver serve`, ready; killed at the end where it still runs."""
    return _served(Forked, folder, arguments, variables)


def serving_anew(folder: Path, *arguments: str, **variables: str) -> AbstractContextManager[Server]:
    """The same in an interpreter of its own."""
    return _served(_executed, folder, arguments, variables)


@contextmanager
def _served(begin: Begin, folder: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> Iterator[Server]:
    env = environment(folder, **variables)
    stderr, stdout = folder / "stderr.txt", folder / "stdout.txt"
    with stderr.open("w") as errors, stdout.open("w") as output:
        process = begin(["serve", *arguments], folder, env, (output.fileno(), errors.fileno()))
        try:
            api, phones = _addresses(process, stderr)
            yield Server(process, api, phones, stderr, stdout)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(PATIENCE)


def _executed(
    arguments: Sequence[str], folder: Path, env: Mapping[str, str], outputs: Outputs
) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "provserver", *arguments]
    return subprocess.Popen(command, cwd=folder, env=env, stdout=outputs[0], stderr=outputs[1], text=True)


def _addresses(process: "subprocess.Popen[str] | Forked", stderr: Path) -> tuple[str, str]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        found = _LISTENING.search(stderr.read_text())
        if found:
            return found[1], found[2]
        time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{stderr.read_text()}")


def wait_for(server: Server, text: str) -> str:
    """What the server has said once it has said `text`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        said = server.said()
        if text in said:
            return said
        time.sleep(0.05)
    raise AssertionError(f"never said {text!r}:\n{server.said()}")

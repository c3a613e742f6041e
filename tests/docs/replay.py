"""A document's blocks, replayed in one shell as a reader would paste them.

- `sh`: pasted. With the word `fails` it must end in an error. `provserver serve` is run behind the shell's back, as in
  a terminal of its own, until the document ends.
- a language with `file=<path>`: the reader writes this file.
- `json`: the answer of the last `curl` before it; shown is its shape. A key `…` stands for keys that are left out.
- `text`: lines of what the block before it printed; `…` stands for anything.

Everything else is only to be read.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docs import asking
from tests.docs.commands import Commands
from tests.docs.markdown import ROOT, Block
from tests.ports import free_port

_PORTS = {"8080": "phones", "8081": "api"}

_CURL = """#!/usr/bin/env bash
# The real curl, failing on HTTP errors and keeping its answer.
set -uo pipefail
"{curl}" --silent --show-error --fail-with-body "$@" | tee "$ANSWER"
exit "${{PIPESTATUS[0]}}"
"""

_PROVSERVER = """#!/usr/bin/env bash
# The real program; `serve` runs in the background, once it listens. Other commands are run where it is loaded already.
set -euo pipefail
if [[ "${{1:-}}" != serve ]]; then exec "{python}" -IS "{asking}" "{commands}" "$@"; fi
if [[ -s "$SERVER" ]]; then echo "this document has a server already" >&2; exit 1; fi
"{python}" -m provserver "$@" > "$SERVER.out" 2> "$SERVER.err" < /dev/null & echo $! > "$SERVER"
for _ in $(seq 1200); do
  grep -q ' listening ' "$SERVER.err" && {{ [[ "$*" != *--demo* ]] || grep -q 'Try next' "$SERVER.out"; }} && exit 0
  kill -0 "$(cat "$SERVER")" || break
  sleep 0.1
done
cat "$SERVER.err" >&2
exit 1
"""


@dataclass(frozen=True, slots=True)
class Replay:
    """How a document's replay ended. `printed` and `answers` go by the line of the block."""

    code: int
    said: str
    printed: dict[int, str]
    answers: dict[int, str]


class Reader:
    """Somebody with a fresh clone in `folder`, a shell, curl and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._clone = folder / "clone"
        self._hidden = folder / "hidden"
        self._ports = {usual: free_port() for usual in _PORTS}
        for place in (self._clone / ".venv" / "bin", self._hidden / "bin"):
            place.mkdir(parents=True)
        for name in ("vendors", "templates", "config.example.yaml"):
            (self._clone / name).symlink_to(ROOT / name)
        curl = shutil.which("curl")
        assert curl, "these tests need curl"
        self._write_script("curl", _CURL.format(curl=curl))
        paths = {"python": sys.executable, "asking": asking.__file__, "commands": self._hidden / "commands"}
        self._write_script("provserver", _PROVSERVER.format(**paths))
        (self._clone / ".venv" / "bin" / "provserver").symlink_to(self._hidden / "bin" / "provserver")
        (self._clone / ".venv" / "bin" / "activate").write_text("true\n")

    def replay(self, blocks: Sequence[Block]) -> Replay:
        """Paste the blocks one after the other, until one goes wrong."""
        script = self._hidden / "script.sh"
        script.write_text("set -euo pipefail\n" + "".join(self._pasted(block) for block in blocks))
        try:
            with Commands(self._hidden / "commands"):
                ended = subprocess.run(
                    ["bash", str(script)],
                    cwd=self._clone,
                    env=self._environment(),
                    capture_output=True,
                    text=True,
                    timeout=900,
                    check=False,
                )
        finally:
            self._stop_server()
        return Replay(
            ended.returncode,
            ended.stdout + ended.stderr,
            {block.line: self._kept(f"{block.line}.txt") for block in blocks},
            {block.line: self._kept(f"{block.line}.json") for block in blocks},
        )

    def with_ports(self, text: str) -> str:
        """`text` with the ports that are free here in place of the usual ones."""
        return re.sub(r"(127\.0\.0\.1:)(808[01])\b", lambda found: found[1] + str(self._ports[found[2]]), text)

    def server_said(self) -> str:
        """What the document's last server wrote."""
        return self._kept("server.out") + self._kept("server.err")

    def _pasted(self, block: Block) -> str:
        text = self.with_ports(block.text)
        file = next((word.removeprefix("file=") for word in block.words if word.startswith("file=")), None)
        if file:
            return f"mkdir -p \"$(dirname '{file}')\"\ncat > '{file}' <<'END OF FILE'\n{text}END OF FILE\n"
        if block.language != "sh":
            return ""
        kept = self._hidden / str(block.line)
        if "fails" in block.words:
            text = f"set +e; ( set -e\n{text}); CODE=$?; set -e\n[ $CODE != 0 ] || {{ echo 'it works'; false; }}\n"
        return f': > "$ANSWER"\n{{\n{text}}} > "{kept}.txt" 2>&1\ncp "$ANSWER" "{kept}.json"\n'

    def _environment(self) -> dict[str, str]:
        # Coverage of these processes is measured by other tests; here it would only take time.
        not_ours = ("PROVSERVER_", "COVERAGE_", "COV_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(not_ours)}
        return {
            **clean,
            "PATH": f"{self._hidden / 'bin'}:{clean['PATH']}",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "160",
            "ANSWER": str(self._hidden / "answer"),
            "SERVER": str(self._hidden / "server"),
            "PROVSERVER_PHONES__HOST": "127.0.0.1",
            "PROVSERVER_PHONES__PATIENCE": "60",  # a busy machine turns nobody away
            "PROVSERVER_DATABASE__WAIT": "60",
            **{f"PROVSERVER_{_PORTS[usual].upper()}__PORT": str(free) for usual, free in self._ports.items()},
        }

    def _write_script(self, name: str, text: str) -> None:
        path = self._hidden / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def _kept(self, name: str) -> str:
        path = self._hidden / name
        return path.read_text() if path.exists() else ""

    def _stop_server(self) -> None:
        pid = self._kept("server").strip()
        if pid:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)


def differences(shown: Any, came: Any, path: str = "answer") -> Iterator[str]:
    """Where the shape of an answer is not the one that is shown: keys and kinds; of lists the first item."""
    if type(shown) is not type(came):
        yield f"{path}: {json.dumps(shown)} is shown, {json.dumps(came)} came"
    elif isinstance(shown, dict):
        missing = shown.keys() - came.keys() - {"…"}
        added = came.keys() - shown.keys() if "…" not in shown else set()
        yield from (f"{path}.{key} is shown, but did not come" for key in sorted(missing))
        yield from (f"{path}.{key} came, but is not shown" for key in sorted(added))
        for key in shown.keys() & came.keys():
            yield from differences(shown[key], came[key], f"{path}.{key}")
    elif isinstance(shown, list) and bool(shown) != bool(came):
        yield f"{path}: {len(shown)} items are shown, {len(came)} came"
    elif isinstance(shown, list) and shown:
        yield from differences(shown[0], came[0], f"{path}[0]")


_CHANGING = (
    (r"\b(acct|user|dev|dectb|decth|key|evt|req|aud)_[0-9a-z]{6,}", r"\1_"),
    (r"\bsk_live_\w+", "sk_live_"),
    (r"/p/[a-z2-7]{32}/", "/p//"),
    (r"\b20\d\d-\d\d-\d\d([T ][\d:.]+Z?)?", "2026"),
    (r"milliseconds=[\d.]+", "milliseconds="),
    (r"127\.0\.0\.1:\d+", "127.0.0.1"),
    (r"[ \t]+", " "),
)


def lines_not_printed(shown: str, printed: str) -> list[str]:
    """The lines of a `text` block that were not printed; ids, secrets, times and ports may differ."""
    have = [_settled(line) for line in printed.splitlines()]
    return [line for line in shown.splitlines() if line.strip() and not any(_fits(line, other) for other in have)]


def _fits(shown: str, printed: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, re.split(" ?… ?", _settled(shown)))), printed) is not None


def _settled(line: str) -> str:
    for pattern, replacement in _CHANGING:
        line = re.sub(pattern, replacement, line)
    return line.strip()

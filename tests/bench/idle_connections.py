"""What many silent connections cost: `python -m tests.bench.idle_connections [connections]`.

A server is started with the limits that it has by default. Connections are opened that send nothing, and beside them a
phone fetches a file. Printed are how many were held, what they cost in memory each, and how long the phone waited.
"""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.process import Server, serving_anew

_AT_ONCE = 200


async def _hold(server: Server, wanted: int) -> None:
    host, _, port = server.phones.removeprefix("http://").partition(":")
    before = _memory(server)
    began = time.monotonic()
    held = []
    for _ in range(0, wanted, _AT_ONCE):
        held += await asyncio.gather(*(asyncio.open_connection(host, int(port)) for _ in range(_AT_ONCE)))
    print(f"{len(held)} connections in {time.monotonic() - began:.1f} s")
    for attempt in ("first", "second"):
        began = time.monotonic()
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /y000000000066.cfg HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        status = await reader.readline()
        print(
            f"{attempt} phone beside them: {status.decode().strip()} after {(time.monotonic() - began) * 1000:.0f} ms"
        )
        writer.close()
    print(f"memory: {(_memory(server) - before) / len(held):.1f} kB a connection")
    for _, writer in held:
        writer.close()


def _memory(server: Server) -> int:
    """Resident memory in kB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def main() -> None:
    """Run it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 9_800
    with tempfile.TemporaryDirectory() as folder, serving_anew(Path(folder)) as server:
        asyncio.run(_hold(server, wanted))


if __name__ == "__main__":
    main()

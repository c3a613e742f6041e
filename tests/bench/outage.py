"""What is answered while another process keeps the database locked: `python -m tests.bench.outage [seconds]`.

A server with its default configuration, phones that are known and phones that boot for the first time, each of which
asks again and again, and a program that writes. Printed is what each kind was answered while the lock was held and
after it, and how long the slowest waited.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.process import KEY, Server, serving_anew

_PHONES = 20
_PAUSE = 0.25

Answers = dict[str, list[tuple[int, float]]]


def _file(number: int) -> str:
    return f"/snomD785-00041301{number:04}.htm"


def _set_up(server: Server) -> str:
    account = str(server.call("POST", "/v1/accounts", {"name": "Acme"})["id"])
    for number in range(4 * _PHONES):
        server.call("POST", "/v1/devices", {"type": "deskphone", "mac_address": f"00041301{number:04}"}, account)
    for number in range(_PHONES):
        server.fetch(_file(number))
    return account


async def _ask(server: Server, account: str, answers: Answers, until: float) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "DialStack-Account": account}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def again(kind: str, method: str, url: str, **how: Any) -> None:
            while time.monotonic() < until:
                began = time.monotonic()
                async with http.request(method, url, **how) as answer:
                    await answer.read()
                answers.setdefault(kind, []).append((answer.status, time.monotonic() - began))
                await asyncio.sleep(_PAUSE)

        known = [again("known phone", "GET", server.phones + _file(n)) for n in range(_PHONES)]
        fresh = [again("first boot", "GET", server.phones + _file(n)) for n in range(_PHONES, 2 * _PHONES)]
        users = again("API write", "POST", f"{server.api}/v1/users", json={"name": "Ada"}, headers=headers)
        reads = again("API read", "GET", f"{server.api}/v1/devices", headers=headers)
        await asyncio.gather(*known, *fresh, users, reads)


def _report(title: str, answers: Answers) -> None:
    print(title)
    for kind, given in answers.items():
        statuses = ", ".join(f"{count} x {status}" for status, count in Counter(status for status, _ in given).items())
        print(f"  {kind:12} {statuses}; the slowest after {max(seconds for _, seconds in given):.2f} s")


def main() -> None:
    """Run it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as name, serving_anew(Path(name)) as server:
        account = _set_up(server)
        with closing(sqlite3.connect(Path(name) / "data" / "provserver.db", isolation_level=None)) as other:
            during: Answers = {}
            other.execute("BEGIN IMMEDIATE")
            asyncio.run(_ask(server, account, during, time.monotonic() + seconds))
            other.execute("ROLLBACK")
            after: Answers = {}
            asyncio.run(_ask(server, account, after, time.monotonic() + 2))
        _report(f"locked for {seconds:g} s", during)
        _report("after it", after)


if __name__ == "__main__":
    main()

"""Runs the commands of documents in processes forked from one that has loaded the program."""

import json
import os
import socket
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from threading import Thread
from types import TracebackType
from typing import Self

from tests.e2e.forked import Forked
from tests.e2e.process import PATIENCE


class _Asked(StreamRequestHandler):
    """One command: its outputs, then arguments, folder and environment; the answer is its exit code."""

    def handle(self) -> None:
        _, outputs, _, _ = socket.recv_fds(self.request, 1, 2)
        try:
            arguments, folder, env = json.loads(self.rfile.read())
            process = Forked(arguments, Path(folder), env, (outputs[0], outputs[1]))
        finally:
            for number in outputs:
                os.close(number)
        try:
            code = process.wait(PATIENCE)
        finally:
            process.kill()
        self.wfile.write(str(code).encode())


class Commands:
    """While it is entered, `asking.py` is answered at this socket."""

    def __init__(self, path: Path) -> None:
        self._server = ThreadingUnixStreamServer(str(path), _Asked)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

"""Ports for programs that cannot choose one themselves."""

import itertools
import os
import socket
from contextlib import suppress

_LOWEST, _OF_ONE_PROCESS, _PROCESSES = 20_000, 100, 100
_next = itertools.count(_LOWEST + os.getpid() % _PROCESSES * _OF_ONE_PROCESS)


def free_port() -> int:
    """A port that is free for TCP and UDP, and that nobody takes before its program does.

    It is below those that systems hand out by themselves, and the processes of a run of the suite begin apart.
    """
    for port in _next:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, suppress(OSError):
            for probe in (tcp, udp):
                probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there are always more")

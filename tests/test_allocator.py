"""Threads that make files must not have heaps of their own: what one lets go of, no other could use."""

import subprocess
import sys

_THREADS = """
import ctypes
from threading import Barrier, Thread
from provserver.allocator import share_one_heap

share_one_heap()
all_there = Barrier(4)

def work():
    made = bytearray(100_000)
    all_there.wait(60)

threads = [Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


def test_threads_share_one_heap() -> None:
    told = subprocess.run([sys.executable, "-c", _THREADS], capture_output=True, text=True, check=True, timeout=60)
    assert told.stderr.count("Arena") == 1

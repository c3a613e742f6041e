"""Tuning of the garbage collector, whose runs block the event loop: none during start-up, few later."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unsearched() -> Iterator[None]:
    """Disable the collector. Nearly everything created at start-up stays, so scanning it repeatedly is wasted."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def settle_memory() -> None:
    """Exclude all objects created so far from garbage collection.

    A full scan would block the loop for about 70 ms. Later objects are scanned less often than by default, because a
    request creates hundreds of objects, but hardly any reference cycles.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    sys.setswitchinterval(0.0005)  # rendering threads give up the GIL after 0.5 ms instead of 5 ms

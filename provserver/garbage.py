"""The search for garbage, which holds everybody while it lasts: none at the start, and seldom one later."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unsearched() -> Iterator[None]:
    """No search meanwhile. Nearly all that a start makes stays, and it would be looked through again and again."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def settle_memory() -> None:
    """Take what the start has loaded out of the collector's sight: it stays until the end.

    Looking through all of it again and again would hold everybody for some 70 ms each time. What comes later is looked
    through less often than usual: a request leaves hundreds of objects, and hardly ever a circle of them.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    sys.setswitchinterval(0.0005)  # a thread that renders lets the loop go on after half a millisecond, not after five

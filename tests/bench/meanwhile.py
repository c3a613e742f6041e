"""Somebody else who asks in a thread, while something is measured."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Asking = Callable[[threading.Event, list[float]], None]


@contextmanager
def meanwhile(asking: Asking) -> Iterator[list[float]]:
    """The waits that `asking` notes beside the block, until the event tells it to end."""
    stop = threading.Event()
    waits: list[float] = []
    thread = threading.Thread(target=asking, args=(stop, waits))
    thread.start()
    try:
        yield waits
    finally:
        stop.set()
        thread.join()

"""Tuning of the C library's allocator."""

import ctypes

_M_ARENA_MAX = -8  # as <malloc.h> of glibc has it


def share_one_heap() -> None:
    """Make all threads allocate from one heap instead of one each. Must be called before threads are started.

    Files are rendered in threads and freed by others, so memory freed in one thread's heap could not be reused by
    another. Contention is no problem, because threads already wait for the GIL. No effect except with glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_ARENA_MAX, 1)

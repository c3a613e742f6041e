"""Tuning of the C library's allocator."""

import ctypes

_M_ARENA_MAX = -8  # as <malloc.h> of glibc has it


def share_one_heap() -> None:
    """Let all threads allocate from one heap instead of one each; call it before there are any.

    Files are made in threads and let go of by others, so each heap of its own would keep room that no other can use.
    Threads wait for Python's lock, not for the heap's. Only glibc has such heaps; elsewhere this does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_ARENA_MAX, 1)

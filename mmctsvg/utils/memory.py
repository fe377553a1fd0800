"""How the C library hands out memory."""

import ctypes
import platform

# Names of malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_freed_memory() -> None:
    """Let the C library keep the memory that tensors free for the next ones.

    By default it returns what is large to the system, which hands it out again page by page, filled
    with zeros: a tenth of an iteration of a wide model, most of what a pass over a picture costs.
    The process then holds as much as it needed at most. Nothing changes where the library is not
    GNU's.
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_MMAP_MAX, 0)

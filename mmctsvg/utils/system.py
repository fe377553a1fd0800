"""What not every operating system has, each with what takes its place."""

import mmap
import os
import sys
import threading
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
try:
    import msvcrt
except ImportError:  # anything but Windows
    msvcrt = None
try:
    import resource
except ImportError:  # Windows
    resource = None

# Windows' locks are of bytes, which nobody else can read meanwhile: this one lies behind any file.
_LOCKED_BYTE = 2**40

_moving = threading.Lock()


def read_at(descriptor: int, size: int, place: int) -> bytes:
    """Read ``size`` bytes at an offset of a file, fewer at its end.

    Where the system can, no position is moved, and processes and threads that share the descriptor
    may read at once. Elsewhere the threads of this process take turns, and processes must not share
    it: there none is forked.
    """
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, place)
    with _moving:
        os.lseek(descriptor, place, os.SEEK_SET)
        return os.read(descriptor, size)


def open_to_read(path: str | os.PathLike) -> int:
    """Open a file for `read_at`; Windows would translate ends of lines."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))


def lock_file(file: IO) -> None:
    """Lock a file that is open for writing until it is closed, or its process ends.

    Raises:
        BlockingIOError: If another process holds the lock.
        OSError: If the file system has no locks.
    """
    if fcntl is not None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    elif msvcrt is not None:
        descriptor = file.fileno()
        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(error.errno, error.strerror) from error
        finally:
            os.lseek(descriptor, place, os.SEEK_SET)


def is_running(process: int) -> bool:
    """Whether there is a process of this number; where that cannot be asked, True."""
    if os.name == "nt":
        return True  # there os.kill would send it Ctrl-C
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is another user's
    return True


def peak_memory() -> float:
    """Return the largest memory that this process has had, in MiB; NaN where nobody counts it."""
    if resource is None:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def resident_memory() -> float:
    """Return the memory that this process has now, in MB; `peak_memory` where that is not told."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return peak_memory() * 2**20 / 1e6
    return int(statm.read_text().split()[1]) * mmap.PAGESIZE / 1e6

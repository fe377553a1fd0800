"""Frames in memory that all processes of a data loader share."""

import math
import os
import tempfile
from multiprocessing import reduction
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np


class SharedFrames:
    """An array of frames in memory; a process that it is sent to gets the same memory, no copy.

    It does not lie in ``/dev/shm``, which is small in containers. Windows, where a file cannot be
    handed on by its number, gives it a name.

    Args:
        shape: Shape of the array.

    Attributes:
        array: The frames, uint8; 0 at first.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        if not hasattr(reduction, "DupFd"):
            self._share(SharedMemory(create=True, size=math.prod(shape)), shape)
            return
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("mmctsvg_frames")
        else:
            with tempfile.TemporaryFile() as file:  # it has no name, and goes with its last user
                descriptor = os.dup(file.fileno())
        self._open(descriptor, shape)

    def _open(self, descriptor: int, shape: tuple[int, ...]) -> None:
        self._file = os.fdopen(descriptor, "r+b")
        self.array = np.memmap(self._file, np.uint8, "r+", shape=shape)

    def _share(self, memory: SharedMemory, shape: tuple[int, ...]) -> None:
        self.array = np.ndarray(shape, np.uint8, memory.buf)
        self._file = memory  # behind the array, which must go first

    def __reduce__(self) -> tuple:
        """Pickle for another process on this machine."""
        if isinstance(self._file, SharedMemory):
            return _attach, (self._file.name, self.array.shape)
        return _reopen, (reduction.DupFd(self._file.fileno()), self.array.shape)


def _attach(name: str, shape: tuple[int, ...]) -> SharedFrames:
    frames = SharedFrames.__new__(SharedFrames)
    frames._share(SharedMemory(name), shape)
    return frames


def _reopen(duplicate: Any, shape: tuple[int, ...]) -> SharedFrames:
    frames = SharedFrames.__new__(SharedFrames)
    frames._open(duplicate.detach(), shape)
    return frames

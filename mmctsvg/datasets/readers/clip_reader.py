"""What a reader of clips is."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmctsvg.utils.errors import UserError

_PIECE = 32  # frames that are read at once where all of them are


class BrokenClipError(UserError):
    """A clip cannot be used; the message says why, without the clip's name at the start."""


class ClipReader(ABC):
    """Frames of one clip at their own size.

    Attributes:
        path: where it lies.
        length: number of frames.
        height, width: of the frames in pixels.
        fps: frames per second, by the usual distance between two; None for a folder of pictures,
            which does not know.
    """

    path: Path
    length: int
    height: int
    width: int
    fps: float | None

    @abstractmethod
    def read(self, numbers: np.ndarray) -> np.ndarray:
        """Decode frames.

        Args:
            numbers: int (n,), from 0 to length - 1, in any order, repeated or not.

        Returns:
            uint8 (n, H, W, 3), RGB.

        Raises:
            BrokenClipError: if a frame cannot be decoded or has another size.
        """

    def iterate(self, stop: int | None = None) -> Iterator[np.ndarray]:
        """Decode the frames from the first on, each once, in little memory.

        Args:
            stop: number of frames; None for all.

        Yields:
            uint8 (H, W, 3), RGB.

        Raises:
            BrokenClipError: as :meth:`read`.
        """
        stop = self.length if stop is None else stop
        for start in range(0, stop, _PIECE):
            yield from self.read(np.arange(start, min(start + _PIECE, stop)))

    @property
    def seconds(self) -> np.ndarray | None:
        """When the frames are shown, float64 (length,) from 0 on; None where nothing tells."""
        return np.arange(self.length) / self.fps if self.fps else None

    @property
    def is_even(self) -> bool:
        """Whether all frames are shown for equally long, to half a frame."""
        return True

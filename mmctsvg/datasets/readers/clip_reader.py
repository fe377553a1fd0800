"""What a reader of clips is."""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from mmctsvg.utils.errors import UserError


class BrokenClipError(UserError):
    """A clip cannot be used; the message says why, without the clip's name at the start."""


class ClipReader(ABC):
    """Frames of one clip at their own size.

    Attributes:
        path: where it lies.
        length: number of frames.
        height, width: of the frames in pixels.
        fps: frames per second; None for a folder of pictures, which does not know.
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

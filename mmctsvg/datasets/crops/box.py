"""A square part of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True, kw_only=True)
class Box:
    """A square in pixels of the picture; parts of it may lie outside.

    Args:
        left: First column of the square, in pixels of the picture; may be negative.
        top: First row of the square, in pixels of the picture; may be negative.
        side: Side of the square in pixels, at least 1.
    """

    left: int
    top: int
    side: int

    def cut(self, frame: np.ndarray) -> np.ndarray:
        """Cut the square out of a picture.

        Args:
            frame: Picture, uint8 (H, W, 3).

        Returns:
            Square, uint8 (side, side, 3); outside of the picture its edge is repeated.
        """
        height, width = frame.shape[:2]
        outside = (
            max(0, -self.top),
            max(0, self.top + self.side - height),
            max(0, -self.left),
            max(0, self.left + self.side - width),
        )
        if any(outside):
            frame = cv2.copyMakeBorder(frame, *outside, cv2.BORDER_REPLICATE)
        top, left = self.top + outside[0], self.left + outside[2]
        return frame[top : top + self.side, left : left + self.side]


def center_crop(frames: Sequence[np.ndarray]) -> Box:
    """Return the largest square in the middle of frames (H, W, 3)."""
    return middle_box(*frames[0].shape[1::-1])


def middle_box(width: int, height: int) -> Box:
    """Return the largest square in the middle of a picture."""
    side = min(height, width)
    return Box(left=(width - side) // 2, top=(height - side) // 2, side=side)

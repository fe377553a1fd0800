"""Bringing frames to the square that is trained."""

import cv2
import numpy as np

from .clip_reader import BrokenClipError, ClipReader


def fit_square(frames: np.ndarray, size: int, crop: str | None) -> np.ndarray:
    """Bring frames to a square of a given size.

    Args:
        frames: uint8 (n, H, W, 3).
        size: side of the result in pixels.
        crop: ``'center'`` cuts the largest square out of the middle; None leaves square frames
            whole.

    Returns:
        uint8 (n, size, size, 3): averaged over areas where it shrinks, interpolated linearly where
        it grows.
    """
    height, width = frames.shape[1:3]
    if crop == "center":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        frames = frames[:, top : top + side, left : left + side]
    if frames.shape[1] == size:
        return np.ascontiguousarray(frames)
    method = cv2.INTER_AREA if frames.shape[1] > size else cv2.INTER_LINEAR
    return np.stack([cv2.resize(frame, (size, size), interpolation=method) for frame in frames])


def check_square(clip: ClipReader, crop: str | None) -> None:
    """Refuse frames that are not square, unless a crop makes them so.

    Raises:
        BrokenClipError: naming the size and the mend.
    """
    if crop is None and clip.height != clip.width:
        raise BrokenClipError(
            f"is {clip.width}x{clip.height}, not square: crop it, or set crop='center'"
        )

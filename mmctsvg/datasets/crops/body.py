"""The crop of whole bodies: the largest square, moved sideways only if it must be."""

from collections.abc import Sequence

import numpy as np

from .box import Box, center_crop

_CHANGE = 24  # grey values by which a pixel must change to count as moving; above camera noise
_STRAY = 0.01  # share of the moving pixels on either side that may be left out


def body_crop(frames: Sequence[np.ndarray]) -> Box:
    """Find the square that keeps a whole body, and all of its movement, in view.

    It is the largest square of the picture, in the middle unless something moves outside of it;
    then it is moved by the least that brings the movement inside. Bodies keep their sizes.

    Args:
        frames: Frames spread over one clip of a camera that stands still, uint8 (H, W, 3) each.

    Returns:
        One box for the whole clip, inside of the picture.
    """
    middle = center_crop(frames)
    height, width = frames[0].shape[:2]
    if len(frames) < 2:
        return middle
    grey = np.stack([frame.mean(-1, dtype=np.float32) for frame in frames])
    moving = np.abs(np.diff(grey, axis=0)) > _CHANGE
    left = _slide(moving.sum((0, 1)), middle.left, middle.side)
    top = _slide(moving.sum((0, 2)), middle.top, middle.side)
    return Box(left=left, top=top, side=middle.side)


def _slide(counts: np.ndarray, start: int, length: int) -> int:
    """Move the window [start, start + length) by the least so that it holds nearly all counts."""
    total = counts.sum()
    if not total or length >= len(counts):
        return start
    share = np.cumsum(counts) / total
    first = int(np.searchsorted(share, _STRAY, side="right"))
    last = int(np.searchsorted(share, 1 - _STRAY))
    if last - first >= length:  # wider than the window: as much on either side
        start = (first + last + 1 - length) // 2
    else:
        start = max(min(start, first), last + 1 - length)
    return min(max(start, 0), len(counts) - length)

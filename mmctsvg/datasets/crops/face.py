"""The crop of faces: one still square around a head, from detections in several frames."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from mmctsvg.utils.errors import UserError

from .box import Box

# The videos that the authors published show faces like this: dlib's box is 0.45 of the side, and
# its middle lies 0.61 of the side below the top edge (mean of 80 of them: 0.458 and 0.611).
CONTEXT = 2.2
MIDDLE = 0.61

# The detector finds faces from 80 pixels on. Small faces are found by enlarging the picture, which
# is tried only where the faster search fails.
_SHORT_SIDES = (320, 640, 960)
_STEPS = (1, 2, 4)  # there, in fewer of the frames: the last search is nine times as slow
# Its boxes come in steps of a fifth in size and of several pixels in place. Looking at every frame
# at a slightly other size turns these steps into noise, which the mean removes.
_DITHER = (1.0, 1.2 ** (1 / 3), 1.2 ** (2 / 3))
_SHARE = 1 / 3  # of the frames in which a face must be found
_OUTLIER = 0.25  # a detection whose size or place is off by more than this is not this face


def face_crop(frames: Sequence[np.ndarray]) -> Box | None:
    """Find one square around the largest face, to be used for all frames of a clip.

    Nothing is smoothed over time: the box stands still, so all movement in the crop is the head's
    own. Detections that are off from the median by more than a quarter of its size are left out
    (another face, a mistake); the box is the mean of the others.

    Args:
        frames: uint8 (H, W, 3) RGB, some frames of the clip, about nine spread over all of it.

    Returns:
        The box, 2.2 times as wide as the detector's, which holds the whole head as the authors'
        videos do; it may reach beyond the picture. None if fewer than a third of the frames have
        a face.

    Raises:
        UserError: if dlib is not installed.
    """
    for short_side, step in zip(_SHORT_SIDES, _STEPS, strict=True):
        looked_at = frames[::step]
        found = [
            face
            for number, frame in enumerate(looked_at)
            if (face := _largest_face(frame, short_side * _DITHER[number % len(_DITHER)]))
        ]
        if len(found) >= max(1, _SHARE * len(looked_at)):
            x, y, side = _robust_mean(np.array(found))
            side = CONTEXT * side
            return Box(left=round(x - side / 2), top=round(y - MIDDLE * side), side=round(side))
    return None


def _largest_face(frame: np.ndarray, short_side: float) -> tuple[float, float, float] | None:
    """Middle (x, y) and side of the largest face, in pixels of the frame."""
    scale = short_side / min(frame.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=method)
    faces = [(face.width(), face.center()) for face in _detector()(small)]
    if not faces:
        return None
    side, middle = max(faces, key=lambda face: face[0])
    return middle.x / scale, middle.y / scale, side / scale


def _robust_mean(faces: np.ndarray) -> np.ndarray:
    """Mean of the rows (x, y, side) that lie near the median: (3,)."""
    median = np.median(faces, axis=0)
    near = (np.abs(faces - median) <= _OUTLIER * median[2]).all(axis=1)
    return faces[near].mean(axis=0) if near.any() else median


@lru_cache(maxsize=1)
def _detector():
    try:
        import dlib
    except ImportError as error:
        raise UserError(
            "finding faces needs dlib: pip install dlib-bin==20.0.1.post1, or choose another crop"
        ) from error
    return dlib.get_frontal_face_detector()

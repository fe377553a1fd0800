"""The crop of faces: one still square around a head, from detections in several frames."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from mmctsvg.utils.errors import UserError

from .box import Box

# As in the authors' published videos: dlib's box is 0.45 of the side, and its middle lies 0.61 of
# the side below the top edge (mean of 80 videos: 0.458 and 0.611).
CONTEXT = 2.2
MIDDLE = 0.61

# The detector finds faces from 80 pixels on. Small faces are found by enlarging the picture, which
# is tried only where the faster search fails.
_SHORT_SIDES = (320, 640, 960)
_STEPS = (1, 2, 4)  # there, in fewer of the frames: the last search is nine times as slow
# Its boxes come in steps of a fifth in size and of several pixels in place. A slightly other size
# of every frame turns these steps into noise, which the mean removes.
_DITHER = (1.0, 1.2 ** (1 / 3), 1.2 ** (2 / 3))
_SHARE = 1 / 3  # of the frames in which a face must be found
_OUTLIER = 0.25  # a detection whose size or place is off by more than this is not this face


def face_crop(frames: Sequence[np.ndarray]) -> Box | None:
    """Return the largest of `face_boxes` of some frames of a clip, None if there is none.

    Raises:
        UserError: If dlib is not installed.
    """
    return max(face_boxes(frames), key=lambda box: box.side, default=None)


def face_boxes(frames: Sequence[np.ndarray]) -> list[Box]:
    """Find squares around all faces, each to be used for all frames of a clip.

    Nothing is smoothed over time: the boxes stand still, so all movement in a crop is the head's
    own. Detections that are off from a face's median by more than a quarter of its size are
    mistakes and left out; the box is the mean of the others.

    Args:
        frames: About nine frames spread over the clip, uint8 (H, W, 3) RGB each.

    Returns:
        Boxes from left to right, 2.2 times as wide as the detector's: the whole head as in the
        authors' videos, maybe beyond the picture. A face counts if a third of the frames have it.

    Raises:
        UserError: If dlib is not installed.
    """
    for short_side, step in zip(_SHORT_SIDES, _STEPS, strict=True):
        searched = frames[::step]
        found = [
            face
            for number, frame in enumerate(searched)
            for face in _find_faces(frame, short_side * _DITHER[number % len(_DITHER)])
        ]
        enough = max(1, _SHARE * len(searched))
        people = [faces for faces in _group(found) if len(faces) >= enough]
        if people:
            return sorted((_box(faces) for faces in people), key=lambda box: box.left)
    return []


def _find_faces(frame: np.ndarray, short_side: float) -> list[tuple[float, float, float]]:
    """Find the middles (x, y) and sides of all faces, in pixels of the frame."""
    scale = short_side / min(frame.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=method)
    found = [(face.center(), face.width()) for face in _detector()(small)]
    return [(middle.x / scale, middle.y / scale, side / scale) for middle, side in found]


def _group(found: list[tuple[float, float, float]]) -> list[np.ndarray]:
    """Group detections (x, y, side) by person, within half a face of each other."""
    people: list[list[tuple[float, float, float]]] = []
    for face in found:
        for faces in people:
            x, y, side = np.median(faces, axis=0)
            if max(abs(face[0] - x), abs(face[1] - y)) < side / 2:
                faces.append(face)
                break
        else:
            people.append([face])
    return [np.array(faces) for faces in people]


def _box(faces: np.ndarray) -> Box:
    """Return the crop for detections (n, 3) of one face."""
    median = np.median(faces, axis=0)
    near = (np.abs(faces - median) <= _OUTLIER * median[2]).all(axis=1)
    x, y, side = faces[near].mean(axis=0) if near.any() else median
    side = CONTEXT * side
    return Box(left=round(x - side / 2), top=round(y - MIDDLE * side), side=round(side))


@lru_cache(maxsize=1)
def _detector():
    try:
        import dlib
    except ImportError as error:
        raise UserError(
            "finding faces needs dlib: pip install dlib-bin==20.0.1.post1, or choose another crop"
        ) from error
    return dlib.get_frontal_face_detector()

"""The 68 landmarks of the face in every frame of a clip."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from mmctsvg.utils.errors import UserError

from ..weights import find_entry, find_weights

NUM_LANDMARKS = 68
# The face is detected in every tenth frame. Where it is not found, all frames around are tried.
_EVERY = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceTrack:
    """The face in a clip.

    Attributes:
        points: Landmarks, float (T, 68, 2), x and y in pixels of the clip; NaN without a face.
        box: Left, top, right, bottom of the box that all frames share, (4,); NaN without a face.
        steadiness: Least overlap (intersection over union) of that box with a single detection, 0
            to 1; low where the head travels or the detector jumped. NaN without a face.
    """

    points: np.ndarray
    box: np.ndarray
    steadiness: float

    @property
    def found(self) -> np.ndarray:
        """Whether a frame has a face, bool (T,)."""
        return np.isfinite(self.points).all((1, 2))

    @property
    def box_area(self) -> float:
        """Area of the box in square pixels."""
        left, top, right, bottom = self.box
        return float((right - left) * (bottom - top))


class LandmarkDetector(Protocol):
    """A detector of the landmarks of one face in a clip.

    Attributes:
        protocol: Everything that decides about the points, as plain data.
        weights: Description of the weights for the card.
    """

    protocol: dict[str, Any]
    weights: dict[str, str]

    def __call__(self, frames: np.ndarray) -> FaceTrack:
        """Find the landmarks of a clip, uint8 (T, H, W, 3) RGB."""


class DlibLandmarks:
    """dlib's frontal face detector and 68-point regression trees; a `LandmarkDetector`.

    The points depend on how the box is placed and are whole pixels. So small frames are enlarged,
    and all frames of a clip share one box: the median of the detections of every tenth frame.
    Otherwise jitter of the box and of the rounding hides the motion of the mouth.

    Args:
        weights: Path of the weights ``landmarks68``; None to fetch them.
        size: Shorter side in pixels to which smaller frames are enlarged.
        upsample: Number of times a frame may be doubled where that finds faces in more frames.
        offline: Whether weights are never fetched.

    Raises:
        UserError: If dlib or the weights are missing.

    Source: King, Dlib-ml, 2009; Kazemi and Sullivan, One millisecond face alignment, 2014.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        size: int = 256,
        upsample: int = 1,
        offline: bool = False,
    ) -> None:
        try:
            import dlib  # here, because most of mmctsvg works without it
        except ModuleNotFoundError as error:
            raise UserError(
                "dlib is missing, which finds faces and their landmarks; install it by "
                "`pip install dlib-bin==20.0.1.post1`"
            ) from error
        self._dlib = dlib
        self._file = find_weights("landmarks68", weights, offline)
        self._size, self._upsample = size, upsample
        self.weights = find_entry("landmarks68").card
        self.protocol = {
            "landmarks": "dlib, 68 points",
            "enlarged": f"bicubic, shorter side at least {size} px",
            "box": f"one per clip: median of the detections of every {_EVERY}th frame",
            "upsampling": f"at most {upsample} times, where it finds more faces",
            "several faces": "the one with the highest score",
        }

    @cached_property
    def _detector(self):
        return self._dlib.get_frontal_face_detector()

    @cached_property
    def _predictor(self):
        try:
            return self._dlib.shape_predictor(str(self._file))
        except RuntimeError as error:
            raise UserError(f"{self._file}: dlib cannot read it ({error})") from error

    def __call__(self, frames: np.ndarray) -> FaceTrack:
        """Find the landmarks of a clip.

        Args:
            frames: Frames, uint8 (T, H, W, 3) RGB.

        Returns:
            The face, in pixels of ``frames`` whatever the enlargement.
        """
        height, width = frames.shape[1:3]
        scale = max(1.0, self._size / min(height, width))
        size = (round(width * scale), round(height * scale))
        if scale > 1:
            frames = [cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC) for frame in frames]
        points = np.full((len(frames), NUM_LANDMARKS, 2), np.nan)
        boxes, missing = self._detect(frames)
        if not boxes:
            return FaceTrack(points=points, box=np.full(4, np.nan), steadiness=float("nan"))
        box = np.median(list(boxes.values()), axis=0)
        rectangle = self._dlib.rectangle(*(round(side) for side in box.tolist()))
        for t, frame in enumerate(frames):
            if t not in missing:
                shape = self._predictor(np.ascontiguousarray(frame), rectangle)
                points[t] = [(point.x, point.y) for point in shape.parts()]
        ratio = np.array([size[0] / width, size[1] / height])
        return FaceTrack(
            # Centres of pixels have whole coordinates, before and after.
            points=(points + 0.5) / ratio - 0.5,
            box=(box + 0.5) / np.tile(ratio, 2) - 0.5,
            steadiness=min(_overlap(box, found) for found in boxes.values()),
        )

    def _detect(self, frames) -> tuple[dict[int, np.ndarray], set[int]]:
        """Find boxes in the sampled frames with a face, and all frames without one."""
        sampled = range(0, len(frames), _EVERY)
        boxes: dict[int, np.ndarray] = {}
        level = 0
        for upsample in range(self._upsample + 1):
            found = {t: self._find_face(frames[t], upsample) for t in sampled}
            found = {t: box for t, box in found.items() if box is not None}
            if len(found) > len(boxes):
                boxes, level = found, upsample
            if len(boxes) == len(sampled):
                break
        if not boxes:
            return boxes, set(range(len(frames)))
        doubtful = {
            near
            for t in sampled
            if t not in boxes
            for near in range(max(0, t - _EVERY + 1), min(len(frames), t + _EVERY))
        }
        return boxes, {t for t in doubtful if self._find_face(frames[t], level) is None}

    def _find_face(self, frame: np.ndarray, upsample: int) -> np.ndarray | None:
        boxes, scores, _ = self._detector.run(np.ascontiguousarray(frame), upsample, 0.0)
        if not boxes:
            return None
        box = boxes[int(np.argmax(scores))]
        return np.array([box.left(), box.top(), box.right(), box.bottom()], np.float64)


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = np.prod(np.maximum(sides, 0))
    union = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common
    return float(common / union)

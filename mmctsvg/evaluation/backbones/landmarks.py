"""The 68 landmarks of the face in every frame of a clip."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from mmctsvg.utils.errors import UserError

from ..weights import find_entry, find_weights

NUM_LANDMARKS = 68


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceTrack:
    """The face in a clip.

    Attributes:
        points: float (T, 68, 2), x and y in pixels of the clip; NaN in frames without a face.
        box: (4,), left, top, right, bottom of the box that all frames share; NaN without a face.
        steadiness: least overlap (intersection over union) of that box with a single detection, 0
            to 1; low where the head travels or the detector jumped. NaN without a face.
    """

    points: np.ndarray
    box: np.ndarray
    steadiness: float

    @property
    def found(self) -> np.ndarray:
        """Which frames have a face, bool (T,)."""
        return np.isfinite(self.points).all((1, 2))

    @property
    def box_area(self) -> float:
        """Area of the box in square pixels."""
        left, top, right, bottom = self.box
        return float((right - left) * (bottom - top))


class LandmarkDetector(Protocol):
    """Finds the landmarks of one face in a clip."""

    @property
    def protocol(self) -> dict[str, Any]:
        """What decides about its points, as plain data."""

    @property
    def weights(self) -> dict[str, str]:
        """Its weights, as an evaluation card tells of them."""

    def __call__(self, frames: np.ndarray) -> FaceTrack:
        """Landmarks of a clip, uint8 RGB (T, H, W, 3)."""


class DlibLandmarks:
    """dlib's frontal face detector and 68-point regression trees.

    The points depend on how the box is placed and are whole pixels. So small frames are enlarged,
    and all frames of a clip share one box: the median of the detections of every tenth frame.
    Otherwise jitter of the box and of the rounding hides the motion of the mouth.

    Args:
        weights: the predictor's file; fetched if left out.
        size: frames whose shorter side has fewer pixels are enlarged to this.
        every: the face is detected in every this-many-th frame. Where it is not found, the frames
            around are looked at one by one.
        upsample: how often a picture may be doubled to find small faces. Used only as far as it
            finds the face in more frames.
        offline: never fetch weights.

    Raises:
        UserError: if dlib or the weights are missing.

    Source: King, Dlib-ml, 2009; Kazemi and Sullivan, One millisecond face alignment, 2014.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        size: int = 256,
        every: int = 10,
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
        self._weights = find_weights("landmarks68", weights, offline)
        self.size, self.every, self.upsample = size, every, upsample

    @cached_property
    def _detector(self):
        return self._dlib.get_frontal_face_detector()

    @cached_property
    def _predictor(self):
        try:
            return self._dlib.shape_predictor(str(self._weights))
        except RuntimeError as error:
            raise UserError(f"{self._weights}: dlib cannot read it ({error})") from error

    @property
    def protocol(self) -> dict[str, Any]:
        """What decides about its points."""
        return {
            "landmarks": "dlib, 68 points",
            "enlarged": f"bicubic, shorter side at least {self.size} px",
            "box": f"one per clip: median of the detections of every {self.every}th frame",
            "upsampling": f"at most {self.upsample} times, where it finds more faces",
            "several faces": "the one with the highest score",
        }

    @property
    def weights(self) -> dict[str, str]:
        """What a card says of its weights."""
        return find_entry("landmarks68").card

    def __call__(self, frames: np.ndarray) -> FaceTrack:
        """Landmarks of a clip.

        Args:
            frames: uint8 RGB (T, H, W, 3).

        Returns:
            Points in pixels of ``frames``, whatever the enlargement.
        """
        height, width = frames.shape[1:3]
        scale = max(1.0, self.size / min(height, width))
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
        """Boxes of the sampled frames in which there is a face, and all frames without one."""
        samples = range(0, len(frames), self.every)
        boxes: dict[int, np.ndarray] = {}
        level = 0
        for upsample in range(self.upsample + 1):
            found = {t: self._find_face(frames[t], upsample) for t in samples}
            found = {t: box for t, box in found.items() if box is not None}
            if len(found) > len(boxes):
                boxes, level = found, upsample
            if len(boxes) == len(samples):
                break
        if not boxes:
            return boxes, set(range(len(frames)))
        doubtful = {
            near
            for t in samples
            if t not in boxes
            for near in range(max(0, t - self.every + 1), min(len(frames), t + self.every))
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

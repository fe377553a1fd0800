"""Sources of skeletons: a network on frames, or a file that has them already."""

from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, Protocol

import cv2
import numpy as np

from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError

from ..poses import Poses, poses_of, read_poses
from ..weights import describe_file
from .heatmap import HeatmapPose
from .litert import LiteRTNetwork

KEYPOINTS = 17  # number in COCO: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles
_SIDE = 192  # side of MoveNet's input in pixels


class PoseSource(Protocol):
    """A source of the skeletons of videos.

    Attributes:
        protocol: Plain data that are equal for sources that give equal skeletons.
        weights: Description of its file for the card.
    """

    protocol: dict[str, Any]
    weights: dict[str, str]

    def __call__(self, video: Video) -> Poses:
        """Give the skeletons of all frames of a video."""


class MoveNet:
    """MoveNet single pose lightning: the 17 keypoints of COCO of one person.

    Every frame is scaled (linearly) so that its longer side has 192 pixels, and padded with black
    to a square. Frames without a person (see `Poses.found`) get zeros.

    Args:
        path: Path of the TFLite file; None for where `find_weights` finds ``movenet``.

    Raises:
        UserError: If the weights or the package ai-edge-litert are missing.

    Source: https://www.kaggle.com/models/google/movenet, uint8 (1, 192, 192, 3) -> (1, 1, 17, 3)
    with y, x (shares of the square) and score.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._network = LiteRTNetwork("movenet", path)
        self.weights = self._network.weights
        self.protocol = {
            "name": "MoveNet single pose lightning, letterboxed to 192 pixels, linear",
            "sha256": self.weights["sha256"],
        }

    def __call__(self, video: Video) -> Poses:
        """Estimate the skeleton of one person in all frames of a video."""
        height, width = video.size
        scale = _SIDE / max(height, width)
        inner = max(round(height * scale), 1), max(round(width * scale), 1)
        top, left = (_SIDE - inner[0]) // 2, (_SIDE - inner[1]) // 2
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        square = np.zeros((1, _SIDE, _SIDE, 3), np.uint8)
        raw = np.empty((len(video.frames), KEYPOINTS, 3), np.float32)
        for number, frame in enumerate(video.frames):
            resized = cv2.resize(frame, inner[::-1], interpolation=method)
            square[0, top : top + inner[0], left : left + inner[1]] = resized
            raw[number] = self._network(square)[0, 0]
        points = (raw[..., 1::-1] * _SIDE - (left, top)) * (width / inner[1], height / inner[0])
        seen = Poses(
            keypoint=points[None].astype(np.float32), score=raw[None, ..., 2], size=video.size
        )
        return seen.without_nobody()


class PoseFile:
    """Skeletons that have been estimated already, from a pose pickle of MMAction2.

    A video is found by its name: ``frame_dir`` must be the end of its path, with or without suffix.

    Args:
        path: Path of the pickle, as for `read_poses`.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._annotations = {
            PurePath(str(entry.get("frame_dir", entry.get("filename")))).parts: entry
            for entry in read_poses(path)[0]
        }
        self.weights = describe_file(Path(path))
        self.protocol = {"name": f"pose pickle {Path(path).name}", "sha256": self.weights["sha256"]}

    def __call__(self, video: Video) -> Poses:
        """Find the skeletons of all frames of a video.

        Raises:
            UserError: If the file does not know the video, or has fewer frames of it.
        """
        parts = PurePath(video.name).parts
        bare = PurePath(video.name).with_suffix("").parts
        ends = [name[start:] for start in range(len(parts)) for name in (parts, bare)]
        found = next((self._annotations[end] for end in ends if end in self._annotations), None)
        if found is None:
            raise UserError(f"{self._path}: has no skeletons of {video.name}")
        poses = poses_of(found)
        numbers = video.numbers
        if numbers is None:
            numbers = np.arange(len(video.frames))
        if len(poses) <= numbers.max():
            raise UserError(
                f"{self._path}: has {len(poses)} frames of {video.name}, which has "
                f"{numbers.max() + 1}"
            )
        return replace(poses, keypoint=poses.keypoint[:, numbers], score=poses.score[:, numbers])


def find_pose_source(name: str | Path) -> PoseSource:
    """Make a source of skeletons.

    Args:
        name: ``'movenet'``, the path of its ``.tflite`` file, of a pose network ``.pth``
            (`HeatmapPose`), or of a pose pickle ``.pkl``; a UserError refuses anything else.
    """
    if str(name) == "movenet":
        return MoveNet()
    kind = {".tflite": MoveNet, ".pth": HeatmapPose, ".pkl": PoseFile}.get(Path(name).suffix)
    if kind is None:
        raise UserError(
            f"skeletons from {str(name)!r}: give 'movenet', its file .tflite, a pose network "
            ".pth, or a pickle .pkl"
        )
    return kind(name)

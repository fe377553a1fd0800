"""Where skeletons come from: a network that looks at frames, or a file that has them already."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any, Protocol

import cv2
import numpy as np

from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError

from ..poses import KEYPOINTS, Poses, poses_of, read_poses
from ..weights import describe_file, find_entry, find_weights

_SIDE = 192  # of MoveNet's input, in pixels


class PoseSource(Protocol):
    """Gives the skeletons of a video.

    Attributes:
        protocol: how it does, as plain data; equal for sources that give equal skeletons.
        weights: what a card says of its file.
    """

    protocol: dict[str, Any]
    weights: dict[str, str]

    def __call__(self, video: Video) -> Poses:
        """The skeletons of all frames of a video."""
        ...


class MoveNet:
    """MoveNet single pose lightning: the 17 keypoints of COCO of one person.

    Every frame is scaled (linearly) so that its longer side has 192 pixels, and padded with black
    to a square. Frames without a person (see `Poses.found`) get zeros.

    Args:
        path: the TFLite file; None looks where `find_weights` looks for ``movenet``.

    Raises:
        UserError: if the weights or the package ai-edge-litert are missing.

    Source: https://www.kaggle.com/models/google/movenet, uint8 (1, 192, 192, 3) -> (1, 1, 17, 3)
    with y, x (shares of the square) and score.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        path = find_weights("movenet", path)
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ModuleNotFoundError as error:
            raise UserError(
                "the package ai-edge-litert is missing, which runs MoveNet; install "
                "ai-edge-litert==2.3.0 without its dependencies"
            ) from error
        self._network = Interpreter(str(path), num_threads=1)
        self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        self._output = self._network.get_output_details()[0]["index"]
        self.weights = find_entry("movenet").card
        self.protocol = {
            "name": "MoveNet single pose lightning, letterboxed to 192 pixels, linear",
            "sha256": self.weights["sha256"],
        }

    def __call__(self, video: Video) -> Poses:
        """See `PoseSource`; one person."""
        height, width = video.size
        scale = _SIDE / max(height, width)
        inner = max(round(height * scale), 1), max(round(width * scale), 1)
        top, left = (_SIDE - inner[0]) // 2, (_SIDE - inner[1]) // 2
        square = np.zeros((1, _SIDE, _SIDE, 3), np.uint8)
        raw = np.empty((len(video.frames), KEYPOINTS, 3), np.float32)
        for number, frame in enumerate(video.frames):
            method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            resized = cv2.resize(frame, inner[::-1], interpolation=method)
            square[0, top : top + inner[0], left : left + inner[1]] = resized
            self._network.set_tensor(self._input, square)
            self._network.invoke()
            raw[number] = self._network.get_tensor(self._output)[0, 0]
        points = (raw[..., 1::-1] * _SIDE - (left, top)) * (width / inner[1], height / inner[0])
        seen = Poses(
            keypoint=points[None].astype(np.float32), score=raw[None, ..., 2], size=video.size
        )
        found = seen.found[None, :, None]
        return Poses(
            keypoint=seen.keypoint * found[..., None], score=seen.score * found, size=video.size
        )


class PoseFile:
    """Skeletons that somebody has estimated already, from a pose pickle of MMAction2.

    A video is found by its name: ``frame_dir`` must be the end of its path, with or without suffix.

    Args:
        path: the pickle, see `read_poses`.
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
        """See `PoseSource`.

        Raises:
            UserError: if the file does not know the video, or has fewer frames of it.
        """
        parts = PurePath(video.name).parts
        bare = PurePath(video.name).with_suffix("").parts
        ends = [name[start:] for start in range(len(parts)) for name in (parts, bare)]
        found = next((self._annotations[end] for end in ends if end in self._annotations), None)
        if found is None:
            raise UserError(f"{self._path}: has no skeletons of {video.name}")
        poses = poses_of(found)
        if len(poses) < len(video.frames):
            raise UserError(
                f"{self._path}: has {len(poses)} frames of {video.name}, which has "
                f"{len(video.frames)}"
            )
        return poses.cut(0, len(video.frames))


def find_pose_source(name: str | Path) -> PoseSource:
    """Make a source of skeletons.

    Args:
        name: ``'movenet'``, the path of its ``.tflite`` file, or of a pose pickle ``.pkl``.

    Raises:
        UserError: for anything else.
    """
    kinds = {".tflite": MoveNet, ".pkl": PoseFile}
    if str(name) == "movenet":
        return MoveNet()
    if Path(name).suffix not in kinds:
        raise UserError(
            f"skeletons from {str(name)!r}: give 'movenet', a file .tflite of it, or a pose "
            "pickle .pkl"
        )
    return kinds[Path(name).suffix](name)

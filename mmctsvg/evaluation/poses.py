"""Skeletons over time, and the pickles in which MMAction2 keeps them."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path

from .numpy_pickle import load_arrays

FOUND_SCORE = 0.2  # least median score of a person that is found (`Poses.found`)


@dataclass(frozen=True, kw_only=True, eq=False)
class Poses:
    """The skeletons of one clip.

    Attributes:
        keypoint: Keypoints, float32 (M, T, K, 2), x and y in pixels of the clip for M people in T
            frames; zero where a frame has fewer people. K is 17 in COCO, 20 of the Kinect.
        score: Confidence, float32 (M, T, K), 0 to 1; zero where a frame has fewer people.
        size: Height and width of the frames in pixels.
    """

    keypoint: np.ndarray
    score: np.ndarray
    size: tuple[int, int]

    def __post_init__(self) -> None:
        right = (*self.score.shape, 2)
        if self.score.ndim != 3 or not self.score.size or self.keypoint.shape != right:
            raise ValueError(
                "keypoints must be (M, T, K, 2) with scores (M, T, K), "
                f"not {self.keypoint.shape} with {self.score.shape}"
            )
        if not (np.isfinite(self.keypoint).all() and np.isfinite(self.score).all()):
            raise ValueError("keypoints hold values that are no finite numbers")

    def __len__(self) -> int:
        return self.keypoint.shape[1]

    @property
    def found(self) -> np.ndarray:
        """Whether a frame shows a person, bool (T,).

        It does if half of a person's keypoints have a score of at least 0.2. On 64-pixel clips of
        people MoveNet's median is 0.2 to 0.8, on grey, black and noise below 0.06.
        """
        return (np.median(self.score, axis=2) >= FOUND_SCORE).any(axis=0)

    def without_nobody(self) -> Poses:
        """Return the same with zeros in frames that show no person."""
        found = self.found[None, :, None]
        return replace(self, keypoint=self.keypoint * found[..., None], score=self.score * found)

    def cut(self, start: int, stop: int) -> Poses:
        """Cut out the frames from ``start`` to ``stop``."""
        span = np.s_[:, start:stop]
        return Poses(keypoint=self.keypoint[span], score=self.score[span], size=self.size)

    def annotation(self, name: str, label: int, **more: Any) -> dict[str, Any]:
        """Describe the clip as MMAction2's ``PoseDataset`` wants it.

        Args:
            name: Name of the clip, its ``frame_dir``.
            label: Number of the action; -1 where it is not known.
            **more: Further entries, which MMAction2 hands through.
        """
        return dict(
            frame_dir=name,
            label=label,
            img_shape=self.size,
            original_shape=self.size,
            total_frames=len(self),
            keypoint=self.keypoint,
            keypoint_score=self.score,
            **more,
        )


def poses_of(annotation: Mapping[str, Any]) -> Poses:
    """Read the skeletons of an annotation of MMAction2.

    Raises:
        UserError: If entries are missing or do not fit each other; it names the clip.
    """
    name = annotation.get("frame_dir", annotation.get("filename", "a clip without frame_dir"))
    try:
        keypoint = np.asarray(annotation["keypoint"], np.float32)
        # Skeletons of some data sets are measured, not estimated, and have no scores.
        score = np.asarray(annotation.get("keypoint_score", (keypoint != 0).any(-1)), np.float32)
        height, width = annotation["img_shape"]
        poses = Poses(keypoint=keypoint, score=score, size=(int(height), int(width)))
        if int(annotation["total_frames"]) != len(poses):
            raise ValueError(f"total_frames is {annotation['total_frames']}, not {len(poses)}")
    except KeyError as error:
        raise UserError(f"{name}: the pose annotation has no {error.args[0]}") from error
    except (TypeError, ValueError) as error:
        raise UserError(f"{name}: the pose annotation cannot be used: {error}") from error
    return poses


def read_poses(path: str | Path) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Read a pose pickle of MMAction2 without running anything that it may hold.

    Args:
        path: Path of the file: a dict with ``annotations`` and ``split``, or a list of annotations.

    Returns:
        Annotations, and the names of the clips in every split (none for a mere list).

    Raises:
        UserError: If the file is missing or has another structure.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: there is no such pose pickle; give one in MMAction2's format")
    content = load_arrays(path)
    split = content.get("split", {}) if isinstance(content, dict) else {}
    annotations = content.get("annotations") if isinstance(content, dict) else content
    right = isinstance(annotations, list) and all(isinstance(a, dict) for a in annotations)
    if not right or not annotations or not isinstance(split, dict):
        raise UserError(
            f"{path}: is no pose pickle of MMAction2, which has a list 'annotations' of dicts and "
            "a dict 'split'"
        )
    return annotations, split


def write_poses(
    path: str | Path, annotations: Sequence[Mapping[str, Any]], split: Mapping[str, Sequence[str]]
) -> None:
    """Write a pose pickle for MMAction2's ``PoseDataset``.

    Args:
        path: Path of the file, which must end in ``.pkl``.
        annotations: Annotations from :meth:`Poses.annotation`, with different ``frame_dir``.
        split: Names of clips (``frame_dir``) by name of the split.
    """
    content = {
        "split": {name: list(clips) for name, clips in split.items()},
        "annotations": [dict(annotation) for annotation in annotations],
    }
    with atomic_path(path) as temporary:
        temporary.write_bytes(pickle.dumps(content, protocol=4))

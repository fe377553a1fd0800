"""SkeletonFrames: single frames of depth with the Kinect's own skeletons, for a pose network."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from mmctsvg.registry import DATASETS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.progress import progress_bar

from .readers import BrokenClipError
from .readers.matlab import read_matlab
from .shared_frames import SharedFrames
from .utd_mhad import UTDMHADDataset

#: Key points in the order of the Kinect: the first four and those of each side.
JOINTS = (
    *("head", "shoulder center", "spine", "hip center"),
    *(f"left {part}" for part in ("shoulder", "elbow", "wrist", "hand")),
    *(f"right {part}" for part in ("shoulder", "elbow", "wrist", "hand")),
    *(f"left {part}" for part in ("hip", "knee", "ankle", "foot")),
    *(f"right {part}" for part in ("hip", "knee", "ankle", "foot")),
)
#: For every key point that of the other side.
MIRROR = (0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 16, 17, 18, 19, 12, 13, 14, 15)

_FOCAL = 285.63  # of the Kinect's depth camera in pixels of 320 x 240, the middle at (160, 120)
_LEFT, _SIDE = 40, 240  # the part of 320 x 240 that a converted clip shows
_KEY = "d_skel"


def project_skeleton(points: np.ndarray, size: int) -> np.ndarray:
    """Project points of the Kinect's space into a converted clip.

    Args:
        points: Metres, (..., 3): right, up and away from the camera.
        size: Side of the clip in pixels.

    Returns:
        x and y in pixels of the clip, float32 (..., 2); the middle of its first pixel is (0, 0).
    """
    right, up, away = np.moveaxis(points, -1, 0)
    x, y = 160 + _FOCAL * right / away, 120 - _FOCAL * up / away
    return np.stack([x - _LEFT, y], -1).astype(np.float32) * (size / _SIDE) - np.float32(0.5)


@DATASETS.register_module()
class SkeletonFrames(Dataset):
    """Frames of UTD-MHAD's depth clips with its skeletons, which the Kinect's own software found.

    Args:
        annotations: List of the converted clips of depth, as of `UTDMHADDataset`.
        skeletons: Folder of ``a1_s1_t1_skeleton.mat``, as the data set gives them out.
        size: Side of the frames in pixels.
        split: ``'train'``, ``'test'`` or ``'all'``.
        without: Actors whose clips are left out.
        only: Actors whose clips are taken; None takes all.
        step: Every which frame of a clip is taken.

    Attributes:
        frames: Grey frames, uint8 (N, size, size).
        joints: Places of `JOINTS` in them, float32 (N, 20, 2), x and y in pixels.

    Raises:
        UserError: If a clip or a skeleton is missing or unreadable, or their lengths differ.
    """

    def __init__(
        self,
        *,
        annotations: str,
        skeletons: str,
        size: int = 64,
        split: str = "train",
        without: Collection[str] = (),
        only: Collection[str] | None = None,
        step: int = 1,
    ) -> None:
        check_number("step", step, 1, whole=True)
        clips = UTDMHADDataset(annotations=annotations, size=size, split=split)
        names = clips.metainfo["actors"]
        if unknown := sorted({*without, *(only or ())} - set(names)):
            raise UserError(
                f"{annotations} has no actor {', '.join(unknown)}, but {', '.join(names)}"
            )
        taken = [
            (number, clip)
            for number, clip in enumerate(clips.annotations)
            if names[clip.actor] not in without and (only is None or names[clip.actor] in only)
        ]
        if not taken:
            raise UserError(f"{annotations} has no clip of these actors in the split {split!r}")
        counts = [len(range(0, clip.length, step)) for _, clip in taken]
        starts = np.cumsum([0, *counts])
        self._frames = SharedFrames((int(starts[-1]), size, size))
        self.joints = np.empty((int(starts[-1]), len(JOINTS), 2), np.float32)
        self.metainfo: dict[str, Any] = dict(size=size)
        for (number, clip), start, end in progress_bar(
            "reading", "clip", zip(taken, starts, starts[1:], strict=False), total=len(taken)
        ):
            times = np.arange(0, clip.length, step)
            skeleton = read_skeleton(Path(skeletons), Path(clip.path).name, clip.length)
            self._frames.array[start:end] = clips.read_frames(number, times)[..., 0]
            self.joints[start:end] = project_skeleton(skeleton[times], size)

    @property
    def frames(self) -> np.ndarray:
        """Grey frames, uint8 (N, size, size)."""
        return self._frames.array

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Return a frame, uint8 (size, size), and its joints, float32 (20, 2)."""
        frame, joints = np.array(self.frames[index]), self.joints[index]
        return dict(frames=torch.from_numpy(frame), joints=torch.from_numpy(joints))


def read_skeleton(folder: Path, clip: str, length: int) -> np.ndarray:
    """Read the skeleton of a clip.

    Args:
        folder: Folder of the skeletons.
        clip: Name of the clip, ``a1_s1_t1``, with or without ``_depth`` and ending.
        length: Its number of frames.

    Returns:
        Metres, float64 (T, 20, 3), in the Kinect's order and axes.

    Raises:
        UserError: If it is missing, unreadable, or of another shape.
    """
    path = folder / f"{clip.partition('.')[0].removesuffix('_depth')}_skeleton.mat"
    try:
        skeleton = read_matlab(path.read_bytes(), _KEY)
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: give the folder of all skeletons") from error
    except BrokenClipError as error:
        raise UserError(f"{path} {error}") from error
    right = (len(JOINTS), 3, length)
    if skeleton.shape != right:
        shape = " x ".join(map(str, skeleton.shape))
        raise UserError(f"{path} has {_KEY} of {shape}, not {' x '.join(map(str, right))}")
    if not (np.isfinite(skeleton).all() and (skeleton[:, 2] > 0).all()):
        raise UserError(f"{path} has points that are not in front of the camera")
    return np.moveaxis(skeleton, 2, 0)

"""What is measured: videos, and the shots that a generator makes of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmctsvg.datasets.clip_list import PLAIN_LAYOUT, Layout, read_clip_list
from mmctsvg.datasets.readers import VIDEO_SUFFIXES, BrokenClipError, list_pictures, open_clip
from mmctsvg.datasets.triplet_dataset import TripletDataset
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8


@dataclass(frozen=True, kw_only=True, eq=False)
class Video:
    """One clip to be measured, real or generated.

    Attributes:
        frames: uint8 (T, H, W, 3), RGB.
        name: how messages name it, for instance its path.
        fps: frames per second.
        actor, action: names of its labels; None where they are not known.
        motion: videos with the same text were made with the same motion vector (or show the same
            performance); None where that is not known.
        seen: whether the generator was trained on this (actor, action); None where that is not
            known.
    """

    frames: np.ndarray
    name: str
    fps: float = 25.0
    actor: str | None = None
    action: str | None = None
    motion: str | None = None
    seen: bool | None = None

    def __post_init__(self) -> None:
        frames = self.frames
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or not len(frames):
            raise ValueError(
                f"{self.name}: frames must be uint8 (T, H, W, 3), not {frames.dtype} {frames.shape}"
            )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.frames.shape[1:3]


def video_from_tensor(video: Tensor, name: str, **labels: object) -> Video:
    """Make a video from a tensor, rounded to uint8 as a video file would store it.

    Args:
        video: float (T, 3, H, W) in [-1, 1]; values beyond are cut off.
        name: how messages name it.
        **labels: further attributes of :class:`Video`.

    Raises:
        UserError: if there are values that are no numbers.
    """
    if not torch.isfinite(video).all():
        raise UserError(f"{name} holds values that are no finite numbers: the generator diverged")
    return Video(frames=to_uint8(video), name=name, **labels)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One video that a generator shall make.

    Attributes:
        motion: seed of the motion vector; shots with equal seeds move alike.
        times: when its frames are, in frames of the training clips.
        actor, action: names; None if the generator does not know any.
        content: seed of the content of a generator that knows no actors.
        seen: see :class:`Video`.
    """

    motion: int
    times: tuple[float, ...]
    actor: str | None = None
    action: str | None = None
    content: int = 0
    seen: bool | None = None


def shoot(inferencer, shots: Iterable[Shot]) -> Iterator[Video]:
    """Let a generator make videos, one by one.

    Args:
        inferencer (CTSVGInferencer): The generator.
        shots: which ones.

    Yields:
        A video for every shot.
    """
    for shot in shots:
        labels = {k: v for k, v in (("actor", shot.actor), ("action", shot.action)) if v}
        if inferencer.z_c_dim:
            labels["z_c"] = inferencer.sample_content(1, seed=shot.content)[0]
        m = inferencer.sample_motion(1, seed=shot.motion)[0]
        video = inferencer.render(shot.times, motion=m, seed=shot.motion, **labels)
        who = "/".join(filter(None, (shot.actor, shot.action, f"motion{shot.motion}")))
        yield video_from_tensor(
            video,
            f"generated {who}",
            fps=inferencer.fps,
            actor=shot.actor or (f"content{shot.content}" if inferencer.z_c_dim else None),
            action=shot.action,
            motion=str(shot.motion),
            seen=shot.seen,
        )


def video_at(
    dataset: TripletDataset,
    number: int,
    trained: Container[tuple[str | None, str | None]] | None = None,
    frames: int | None = None,
) -> Video:
    """A clip of a dataset.

    Args:
        dataset: real clips.
        number: of the clip.
        trained: (actor, action) of all cells that a generator was trained on, for `Video.seen`.
        frames: at most this many frames, from its start.
    """
    clip, names = dataset.annotations[number], dataset.metainfo
    actors, actions = names["actors"], names["actions"]
    actor = actors[clip.actor] if actors else None
    action = actions[clip.action] if actions else None
    return Video(
        frames=dataset.read_frames(number, np.arange(min(clip.length, frames or clip.length))),
        name=clip.path,
        fps=names["fps"],
        actor=actor,
        action=action,
        seen=None if trained is None else (actor, action) in trained,
    )


def read_videos(
    source: str | Path,
    layout: Layout = PLAIN_LAYOUT,
    frames: int | None = None,
    motion_by_name: bool = False,
    seed: int | None = None,
) -> Iterator[Video]:
    """Videos from a folder or a list of anybody's clips.

    Args:
        source: a CSV (``path,label,is_train,person``), a folder tree ``ACTOR/ACTION/CLIP``, or a
            folder that directly holds clips (no labels).
        layout: how names of actors and actions are found in paths.
        frames: at most this many frames of each, from its start.
        motion_by_name: clips with the same file name, whatever their folder, share their motion.
        seed: of a random order; None for the order of the list.

    Raises:
        UserError: if there is no clip, the list is wrong, or a clip cannot be read.
    """
    source = Path(source)
    flat = _flat_clips(source) if source.is_dir() else []
    if flat:
        clips = [(path, None, None) for path in flat]
    else:
        listed = read_clip_list(source, layout)
        if listed.problems:
            raise UserError(f"{source}: {listed.problems[0].text}")
        clips = [
            (
                entry.path,
                _named(listed.actor_names, entry.actor),
                _named(listed.action_names, entry.action),
            )
            for entry in listed.entries
        ]
    order = range(len(clips))
    if seed is not None:
        order = np.random.default_rng(seed).permutation(len(clips))
    for path, actor, action in (clips[place] for place in order):
        try:
            reader = open_clip(path)
            shown = reader.read(np.arange(min(reader.length, frames or reader.length)))
        except BrokenClipError as error:
            raise UserError(f"{path} {error}") from error
        yield Video(
            frames=shown,
            name=str(path),
            fps=reader.fps or 25.0,
            actor=actor,
            action=action,
            motion=clip_name(path) if motion_by_name else None,
        )


def clip_name(path: str | Path) -> str:
    """A clip's own name: a video's without its ending, a folder's as it is."""
    path = Path(path)
    return path.stem if path.suffix.lower() in VIDEO_SUFFIXES else path.name


def _flat_clips(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in VIDEO_SUFFIXES or (path.is_dir() and list_pictures(path))
    ]


def _named(names: Sequence[str], number: int | None) -> str | None:
    return None if number is None else names[number]

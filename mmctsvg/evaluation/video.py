"""Videos to be measured, and the shots from which a generator makes them."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmctsvg.datasets.clip_list import read_clip_list
from mmctsvg.datasets.readers import (
    VIDEO_SUFFIXES,
    BrokenClipError,
    is_video,
    list_pictures,
    open_clip,
)
from mmctsvg.datasets.triplet_dataset import TripletDataset
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8

#: Names of an actor and an action (None for a label that the generator does not know), and whether
#: the generator was trained on the two together.
Cell = tuple[str | None, str | None, bool]


@dataclass(frozen=True, kw_only=True, eq=False)
class Video:
    """One video to be measured, real or generated.

    Attributes:
        frames: Frames, uint8 (T, H, W, 3) RGB.
        name: Name for messages, for instance the path.
        fps: Frames per second.
        actor, action: Names of the labels; None where they are not known.
        motion: Name that videos of one motion vector or performance share; None if not known.
        seen: Whether the generator was trained on this (actor, action); None if not known.
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
        video: Video, float (T, 3, H, W) in [-1, 1]; values beyond are cut off.
        name: Name for messages.
        **labels: Further attributes of :class:`Video`.

    Raises:
        UserError: If a value is not finite.
    """
    if not torch.isfinite(video).all():
        raise UserError(f"{name} holds values that are no finite numbers: the generator diverged")
    return Video(frames=to_uint8(video), name=name, **labels)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One video that a generator is to make.

    Attributes:
        motion: Seed of the motion vector; shots with equal seeds move alike.
        times: Times of the frames, in frames of the training clips.
        actor, action: Names of the labels; None if the generator does not know any.
        content: Seed of the content of a generator that knows no actors.
        seen: Whether the generator was trained on this (actor, action); None if not known.
    """

    motion: int
    times: tuple[float, ...]
    actor: str | None = None
    action: str | None = None
    content: int = 0
    seen: bool | None = None


def shoot(inferencer, shots: Iterable[Shot]) -> Iterator[Video]:
    """Let a generator make one video for every shot.

    Args:
        inferencer (CTSVGInferencer): Inferencer of the generator.
        shots: Shots of the videos.
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


def labels_at(dataset: TripletDataset, number: int) -> tuple[str | None, str | None]:
    """Names of the actor and the action of a clip; None where a data set has no such labels."""
    clip, names = dataset.annotations[number], dataset.metainfo
    return (
        names["actors"][clip.actor] if names["actors"] else None,
        names["actions"][clip.action] if names["actions"] else None,
    )


def video_at(
    dataset: TripletDataset,
    number: int,
    trained: Container[tuple[str | None, str | None]] | None = None,
    frames: int | None = None,
) -> Video:
    """Read a clip of a data set.

    Args:
        dataset: Data set of real clips.
        number: Number of the clip.
        trained: (actor, action) of all cells that a generator was trained on, for `Video.seen`.
        frames: Largest number of frames, from the start of the clip.
    """
    clip = dataset.annotations[number]
    actor, action = labels_at(dataset, number)
    return Video(
        frames=dataset.read_frames(number, np.arange(min(clip.length, frames or clip.length))),
        name=clip.path,
        fps=dataset.metainfo["fps"],
        actor=actor,
        action=action,
        seen=None if trained is None else (actor, action) in trained,
    )


def read_videos(
    source: str | Path,
    frames: int | None = None,
    motion_by_name: bool = False,
    seed: int | None = None,
) -> Iterator[Video]:
    """Read the clips of a folder or a list, one by one.

    Args:
        source: CSV file (``path,label,is_train,person``), folder tree ``ACTOR/ACTION/CLIP``, or
            folder that directly holds clips (no labels).
        frames: Largest number of frames of each, from its start.
        motion_by_name: Whether clips with the same file name in any folder share their motion.
        seed: Seed of a random order; None for the order of the list.

    Raises:
        UserError: If there is no clip, the list is wrong, or a clip cannot be read.
    """
    source = Path(source)
    flat = _flat_clips(source) if source.is_dir() else []
    if flat:
        clips = [(path, None, None) for path in flat]
    else:
        listed = read_clip_list(source)
        if listed.problems:
            raise UserError(f"{source}: {listed.problems[0].text}")
        actors, actions = dict(enumerate(listed.actor_names)), dict(enumerate(listed.action_names))
        clips = [(e.path, actors.get(e.actor), actions.get(e.action)) for e in listed.entries]
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
    """Name of a clip: that of a video file without its ending, that of a folder as it is."""
    path = Path(path)
    return path.stem if path.suffix.lower() in VIDEO_SUFFIXES else path.name


def _flat_clips(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if (list_pictures(path) if path.is_dir() else is_video(path))
    ]

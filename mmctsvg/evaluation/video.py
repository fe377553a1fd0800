"""Videos to be measured, and the shots from which a generator makes them."""

import os
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmctsvg.datasets.clip_list import read_clip_list
from mmctsvg.datasets.rates import frame_times, frames_at, is_same_rate
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
from mmctsvg.utils.progress import progress_bar

#: Names of an actor and an action (None for a label that the generator does not know), and whether
#: the generator was trained on the two together.
Cell = tuple[str | None, str | None, bool]


@dataclass(frozen=True, kw_only=True, eq=False)
class Video:
    """One video to be measured, real or generated.

    Attributes:
        frames: Frames, uint8 (T, H, W, 3) RGB.
        name: Name for messages, for instance the path.
        fps: Frames per second; None where nothing tells.
        own_fps: Those of the video that it was made from, if it was brought to another rate.
        whole: Number of frames of the whole video at ``fps``, if this is the beginning only.
        numbers: Numbers of the frames in the video that it was made from, int (T,); None for 0, 1,
            2, ...
        actor, action: Names of the labels; None where they are not known.
        motion: Name that videos of one motion vector or performance share; None if not known.
        seen: Whether the generator was trained on this (actor, action); None if not known.
    """

    frames: np.ndarray
    name: str
    fps: float | None = None
    own_fps: float | None = None
    whole: int | None = None
    numbers: np.ndarray | None = None
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

    def head(self, count: int) -> "Video":
        """Return the first ``count`` frames, or all if there are fewer."""
        numbers = None if self.numbers is None else self.numbers[:count]
        return replace(self, frames=self.frames[:count], numbers=numbers)

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


def shoot(inferencer, shots: Iterable[Shot], rate: float | None = None) -> Iterator[Video]:
    """Let a generator make one video for every shot.

    Args:
        inferencer (VideoInferencer): Inferencer of the generator.
        shots: Shots of the videos.
        rate: Frames per second to which the times of the shots refer; None for the generator's.
    """
    own = inferencer.fps
    for shot in shots:
        labels = {k: v for k, v in (("actor", shot.actor), ("action", shot.action)) if v}
        given = {} if shot.actor else inferencer.content_of(shot.content)
        given |= inferencer.motion_of(shot.motion)
        times = needed_times(inferencer, shot, rate)
        video = inferencer.render(times, seed=shot.motion, **labels, **given)
        who = "/".join(filter(None, (shot.actor, shot.action, f"motion{shot.motion}")))
        yield video_from_tensor(
            video,
            f"generated {who}",
            fps=own if rate is None or is_same_rate(rate, own) else rate,
            own_fps=own,
            actor=shot.actor or f"content{shot.content}",
            action=shot.action,
            motion=str(shot.motion),
            seen=shot.seen,
        )


def needed_times(inferencer, shot: Shot, rate: float | None = None) -> list[float]:
    """Return the times of a shot in frames of the generator.

    Args:
        inferencer (VideoInferencer): Inferencer of the generator.
        shot: Shot with times at ``rate``.
        rate: Frames per second; None for the generator's.
    """
    if rate is None or is_same_rate(rate, inferencer.fps):
        return list(shot.times)
    return [time * inferencer.fps / rate for time in shot.times]


def first_frames(dataset: TripletDataset) -> Callable[[int], np.ndarray]:
    """Return a function from a whole number to the first frame of a clip, uint8 (H, W, 3).

    Numbers up to the number of clips stand for different clips, in an order without a meaning.
    """
    order = np.random.default_rng(0).permutation(len(dataset.annotations))

    def first_frame(number: int) -> np.ndarray:
        return dataset.read_frames(int(order[number % len(order)]), np.zeros(1, int))[0]

    return first_frame


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
    rate: float | None = None,
) -> Video:
    """Read a clip of a data set.

    Args:
        dataset: Data set of real clips.
        number: Number of the clip.
        trained: (actor, action) of all cells that a generator was trained on, for `Video.seen`.
        frames: Largest number of frames, from the start of the clip.
        rate: Frames per second to which it is brought by `frames_at`; None for the data set's.
    """
    clip, own = dataset.annotations[number], dataset.metainfo["fps"]
    times = np.arange(clip.length) if clip.times is None else clip.times
    numbers = frames_at(times, own, rate or own)
    actor, action = labels_at(dataset, number)
    return Video(
        frames=dataset.read_frames(number, numbers[:frames]),
        name=clip.path,
        fps=own if rate is None or is_same_rate(rate, own) else rate,
        own_fps=own,
        whole=len(numbers),
        numbers=numbers[:frames],
        actor=actor,
        action=action,
        seen=None if trained is None else (actor, action) in trained,
    )


def read_videos(
    source: str | Path,
    frames: int | None = None,
    motion_by_name: bool = False,
    seed: int | None = None,
    rate: float | None = None,
) -> Iterator[Video]:
    """Read the clips of a folder or a list, one by one.

    Args:
        source: CSV file (``path,label,is_train,person``), folder tree ``ACTOR/ACTION/CLIP``, or
            folder that directly holds clips (no labels).
        frames: Largest number of frames of each, from its start.
        motion_by_name: Whether clips with the same file name in any folder share their motion.
        seed: Seed of a random order; None for the order of the list.
        rate: Frames per second to which clips are brought by `frames_at`, those that do not tell
            their rate being taken to have it; None takes all frames as they are.

    Raises:
        UserError: If there is no clip, the list is wrong, or a clip cannot be read.
    """
    clips = list_clips(source)
    order = range(len(clips))
    if seed is not None:
        order = np.random.default_rng(seed).permutation(len(clips))
    for path, actor, action in (clips[place] for place in order):
        motion = clip_name(path) if motion_by_name else None
        yield read_video(path, frames, rate, actor=actor, action=action, motion=motion)


def read_video(
    path: Path, frames: int | None = None, rate: float | None = None, **labels: str | None
) -> Video:
    """Read one clip, as `read_videos` does.

    Args:
        path: Video file or folder of images.
        frames: Largest number of frames, from its start.
        rate: Frames per second to which it is brought by `frames_at`; None takes all frames.
        **labels: Further attributes of :class:`Video`.

    Raises:
        UserError: If it cannot be read.
    """
    try:
        reader = open_clip(path)
        numbers = np.arange(reader.length)
        if rate is not None:
            own = reader.fps or rate
            numbers = frames_at(frame_times(reader, own), own, rate)
        shown = reader.read(numbers[:frames])
    except BrokenClipError as error:
        raise UserError(f"{path} {error}") from error
    return Video(
        frames=shown,
        name=str(path),
        fps=None if reader.fps is None else rate or reader.fps,
        own_fps=reader.fps,
        whole=len(numbers),
        numbers=numbers[:frames],
        **labels,
    )


def list_clips(source: str | Path) -> list[tuple[Path, str | None, str | None]]:
    """List the clips of a folder or a list, as `read_videos` takes it.

    Args:
        source: Folder or list.

    Returns:
        Path, actor and action of every clip, in the order of the list.

    Raises:
        UserError: If there is no clip, or the list is wrong.
    """
    source = Path(source)
    flat = _flat_clips(source) if source.is_dir() else []
    if flat:
        return [(path, None, None) for path in flat]
    listed = read_clip_list(source)
    if listed.problems:
        raise UserError(f"{source}: {listed.problems[0].text}")
    actors, actions = dict(enumerate(listed.actor_names)), dict(enumerate(listed.action_names))
    return [(e.path, actors.get(e.actor), actions.get(e.action)) for e in listed.entries]


def lowest_rate(sources: Iterable[str | Path]) -> float | None:
    """Find the lowest rate among clips, to which all can be brought without repeating a frame.

    Args:
        sources: Folders or lists, as `read_videos` takes them.

    Returns:
        Frames per second; None if no clip tells its rate. Clips that cannot be opened do not count:
        `read_videos` refuses them.

    Raises:
        UserError: If a source has no clip, or a list is wrong.
    """
    paths = [path for source in sources for path, _, _ in list_clips(source)]

    def rate(path: Path) -> float | None:
        try:
            return open_clip(path).fps
        except BrokenClipError:
            return None

    # Most of the time goes into opening files, where threads wait side by side.
    with ThreadPoolExecutor(min(8, 2 * (os.cpu_count() or 1))) as pool:
        found = progress_bar("rates", "clip", pool.map(rate, paths), total=len(paths))
        return min(filter(None, found), default=None)


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

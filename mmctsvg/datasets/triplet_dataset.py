"""The base of all datasets of triplets: choice of clip and times, form of the items."""

from abc import abstractmethod
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.utils.data import Dataset

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

from .rates import count_frames
from .triplet_times import FRAMES, LAWS, draw_times, shortest_clip, stride_at

#: Key of an item for the clips that it was to be from: lines of number and reason.
BAD_CLIPS = "bad_clips"
_TRIES = 10  # clips in a row that cannot be read, after which an item fails


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One clip of a dataset."""

    path: str  # a folder, a file, or the name of a clip that is made on the fly
    length: int  # frames
    actor: int  # 0 where the dataset knows no actors
    action: int  # 0 where the dataset knows no actions
    # float32 (length,): when its frames are shown, in frames of the data set; None for 0, 1, 2, ...
    times: np.ndarray | None = field(default=None, compare=False)

    @property
    def span(self) -> int:
        """Number of frames that it has on the clock of the data set."""
        return self.length if self.times is None else count_frames(self.times[-1])

    def own_stride(self, stride: int, frames: int = FRAMES) -> int:
        """Turn a stride in frames of the data set into one in frames of the clip.

        Args:
            stride: Frames of the data set, from 1 on.
            frames: Number of frames of a sample, at least 1.

        Returns:
            The nearest number of frames, at least 1, with which a sample fits into the clip.
        """
        if self.times is None:
            return stride
        usual = float(np.median(np.diff(self.times)))
        return max(1, min(round(stride / usual), (self.length - 1) // max(1, frames - 1)))


class TripletDataset(Dataset):
    """Samples of a few frames, usually triplets, that are drawn from clips.

    The index of an item is a *global item counter*, any number from 0 on, not limited by the
    length: all random numbers come from (seed, index), so an item is the same for any number of
    workers and after every resume.

    Args:
        annotations: Clips of the dataset; also an attribute.
        actors: Names of the actors; empty where actors are not known.
        actions: Names of the actions; empty where actions are not known.
        fps: Frame rate of the data set, the unit of all times and the rate of generated videos.
        size: Side of the frames in pixels.
        stride: Frames between the frames of a triplet, or ``'official'`` (1, 2, 3, each for 100
            iterations in turn). Of clips with another rate the same time, as near as it goes.
        times: Law of the times, ``'paper'``, ``'official'`` or ``'spans'``, see `draw_times`.
        num_frames: Number of frames T of a sample, at least 1; 3 for all laws but ``'paper'``.
        items_per_iteration: Global batch size; needed only by ``stride='official'``.
        flip: Whether half of the triplets are mirrored; only where left and right mean nothing.
        seed: Seed of all random numbers.
        allow_bad_clips: Whether an item whose clip cannot be read is drawn again, from another
            clip; all other items stay as they are.

    Raises:
        UserError: For an argument outside its range, or where there is no clip.
    """

    def __init__(
        self,
        *,
        annotations: list[Clip],
        actors: list[str],
        actions: list[str],
        fps: float,
        size: int,
        stride: int | str = 1,
        times: str = "paper",
        num_frames: int = FRAMES,
        items_per_iteration: int | None = None,
        flip: bool = False,
        seed: int = 0,
        allow_bad_clips: bool = False,
    ) -> None:
        check_sampling(stride, times, items_per_iteration, num_frames)
        check_number("size", size, 1, whole=True)
        check_number("seed", seed, 0, whole=True)
        check_number("fps", fps, above=0)
        if not annotations:
            raise UserError("the dataset has no clip: check its list, its split and its filters")
        self.annotations = annotations
        self.metainfo = dict(actors=list(actors), actions=list(actions), fps=float(fps), size=size)
        self.stride = stride
        self.times = times
        self.num_frames = num_frames
        self.items_per_iteration = items_per_iteration
        self.flip = flip
        self.seed = seed
        self.allow_bad_clips = allow_bad_clips

    @abstractmethod
    def read_frames(self, clip: int, times: np.ndarray) -> np.ndarray:
        """Return frames of a clip.

        Args:
            clip: Number of the clip in ``annotations``.
            times: Frame numbers, int (n,).

        Returns:
            Frames, uint8 (n, H, W, 3) RGB.

        Raises:
            UserError: If the clip cannot be read.
        """

    def __len__(self) -> int:
        """Return the number of clips; items are not limited by it."""
        return len(self.annotations)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Return the sample number ``index``.

        Returns:
            Dictionary of frames, uint8 (T, 3, H, W), a quarter of the size of floats on their way
            from a loader process; times, float32 (T,) in frames of the data set, whole numbers but
            for clips that have times of their own; and int64 scalars actor, action, index, length
            (of the clip, in frames of the data set). With ``allow_bad_clips`` also the text
            `BAD_CLIPS`, usually empty.

        Raises:
            UserError: If a clip cannot be read.
        """
        rng, bad = np.random.default_rng((self.seed, index)), []
        while True:
            number = int(rng.integers(len(self.annotations)))
            try:
                item = self._triplet_of(number, index, rng)
            except UserError as error:
                bad.append(f"{number} {' '.join(str(error).split())}")
                if not self.allow_bad_clips or len(bad) == _TRIES:
                    raise
            else:
                return {**item, BAD_CLIPS: "\n".join(bad)} if self.allow_bad_clips else item

    def _triplet_of(
        self, number: int, index: int, rng: np.random.Generator
    ) -> dict[str, torch.Tensor]:
        clip = self.annotations[number]
        iteration = index // (self.items_per_iteration or 1)
        stride = clip.own_stride(stride_at(self.stride, iteration), self.num_frames)
        chosen = draw_times(rng, clip.length, stride, self.times, self.num_frames)
        frames = self.read_frames(number, chosen)
        times = chosen if clip.times is None else clip.times[chosen]
        if self.flip and rng.integers(2):
            frames = frames[:, :, ::-1]
        frames = torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2)))
        return dict(
            frames=frames,
            times=torch.from_numpy(times.astype(np.float32)),
            actor=torch.tensor(clip.actor),
            action=torch.tensor(clip.action),
            index=torch.tensor(index),
            length=torch.tensor(clip.span),
        )


def check_sampling(
    stride: int | str, times: str, items_per_iteration: int | None, num_frames: int = FRAMES
) -> None:
    """Refuse sampling arguments that mean nothing.

    Raises:
        UserError: If an argument has none of its values.
    """
    if stride != "official" and (type(stride) is not int or stride < 1):
        raise UserError(f"stride is {stride!r}: it must be a whole number from 1 on or 'official'")
    if items_per_iteration is not None:
        check_number("items_per_iteration", items_per_iteration, 1, whole=True)
    if stride == "official" and not items_per_iteration:
        raise UserError(
            "stride='official' changes with the iteration: give items_per_iteration, the batch "
            "size of all processes together"
        )
    if times not in LAWS:
        raise UserError(f"times is {times!r}: it must be one of {', '.join(map(repr, LAWS))}")
    check_number("num_frames", num_frames, 1, whole=True)
    if num_frames != FRAMES and (times, stride == "official") != ("paper", False):
        raise UserError(
            f"num_frames={num_frames}: stride={stride!r} with times={times!r} draws triplets; give "
            f"num_frames={FRAMES}, or times='paper' and a stride that is a number"
        )


def check_length(
    length: int, stride: int | str, times: str, num_frames: int = FRAMES
) -> str | None:
    """Return the problem of a clip's length, or None."""
    needed = shortest_clip(stride, times, num_frames)
    if length >= needed:
        return None
    samples = "triplets" if num_frames == FRAMES else f"samples of {num_frames} frames"
    return f"has {length} frames, but {samples} need {needed} (stride={stride!r}, times={times!r})"

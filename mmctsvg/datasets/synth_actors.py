"""SynthActorsDataset: drawn people who speak, nod, shake, wave and laugh, without a download."""

import numpy as np

from mmctsvg.registry import DATASETS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

from . import synth
from .triplet_dataset import FRAMES, Clip, TripletDataset, check_length, check_sampling

SPLITS = ("train", "test", "all")


@DATASETS.register_module()
class SynthActorsDataset(TripletDataset):
    """Drawn people, a benchmark with known factors and true motion.

    A clip is a triple (actor, action, take). Actors who share a take of an action move exactly
    alike, so synchrony and identity can be measured without any network. Every actor lacks one
    action in the training split; the test split has exactly these cells.

    Clips are drawn at first use and kept in memory as uint8 (19 MB at 32 px for the default set).

    Args:
        size: Side of the frames in pixels, at least 8; drawn for 32 to 512.
        split: ``'train'``, ``'test'`` (the held-out cells) or ``'all'``.
        num_actors: Number of actors, 1 to 8.
        num_takes: Number of takes of every cell (actor, action).
        length: Number of frames of a clip.
        cache_mb: Megabytes of drawn clips that are kept; the rest is drawn again.
        stride: Frames between the frames of a triplet, or ``'official'``.
        times: Law of the times, ``'paper'``, ``'official'`` or ``'spans'``, see `draw_times`.
        num_frames: Number of frames of a sample, at least 1; 3 for all laws but ``'paper'``.
        items_per_iteration: Global batch size; needed only by ``stride='official'``.
        seed: Seed of the triplets and the takes. Nothing is flipped, because left and right matter
            here (the waving arm).

    Raises:
        UserError: If an argument is outside its range.
    """

    fps = 15.0

    def __init__(
        self,
        *,
        size: int = 32,
        split: str = "train",
        num_actors: int = len(synth.PEOPLE),
        num_takes: int = 4,
        length: int = 48,
        cache_mb: float = 512,
        stride: int | str = 1,
        times: str = "paper",
        num_frames: int = FRAMES,
        items_per_iteration: int | None = None,
        seed: int = 0,
    ) -> None:
        check_sampling(stride, times, items_per_iteration, num_frames)
        if split not in SPLITS:
            raise UserError(f"split is {split!r}: it must be one of {', '.join(map(repr, SPLITS))}")
        check_number("num_actors", num_actors, 1, len(synth.PEOPLE), whole=True)
        check_number("num_takes", num_takes, 1, 10_000, whole=True)
        check_number("size", size, 8, whole=True)
        check_number("length", length, 1, whole=True)
        check_number("cache_mb", cache_mb, 0)
        if problem := check_length(length, stride, times, num_frames):
            raise UserError(f"a clip of length={length} {problem}")
        self.cells = [
            (actor, action, take)
            for actor in range(num_actors)
            for action in range(len(synth.ACTIONS))
            for take in range(num_takes)
            if split == "all" or (split == "test") == self.is_held_out(actor, action)
        ]
        super().__init__(
            annotations=[
                Clip(
                    path=f"{synth.PEOPLE[actor].name}/{synth.ACTIONS[action]}/take{take}",
                    length=length,
                    actor=actor,
                    action=action,
                )
                for actor, action, take in self.cells
            ],
            actors=[person.name for person in synth.PEOPLE[:num_actors]],
            actions=list(synth.ACTIONS),
            fps=self.fps,
            size=size,
            stride=stride,
            times=times,
            num_frames=num_frames,
            items_per_iteration=items_per_iteration,
            seed=seed,
        )
        self._cache: dict[int, np.ndarray] = {}
        self._cached_clips = int(cache_mb * 1e6 / (3 * length * size**2))

    def __getstate__(self) -> dict:
        """Return what is sent to a loader process, which draws its clips itself."""
        return {**self.__dict__, "_cache": {}}

    @staticmethod
    def is_held_out(actor: int, action: int) -> bool:
        """Return whether training never shows this actor in this action: one action per actor."""
        return action == (2 * actor + 1) % len(synth.ACTIONS)

    def read_frames(self, clip: int, times: np.ndarray) -> np.ndarray:
        """Return frames, uint8 RGB ``(n, H, W, 3)``, of a clip at whole times ``(n,)``."""
        cell, size = self.cells[clip], self.metainfo["size"]
        if clip not in self._cache:
            if len(self._cache) >= self._cached_clips:
                return self._draw(*cell, times, size)
            self._cache[clip] = self._draw(*cell, np.arange(self.annotations[clip].length), size)
        return self._cache[clip][times]

    def render(
        self, actor: int, action: int, take: int, t: float | np.ndarray, size: int | None = None
    ) -> np.ndarray:
        """Draw any time of any take, held out or not, in or beyond the clip.

        Args:
            actor: Number of the actor.
            action: Number of the action.
            take: Number of the take, also beyond ``num_takes``.
            t: Real time in frames, or times ``(T,)``.
            size: Side in pixels; None for the dataset's.

        Returns:
            One frame, uint8 RGB ``(H, W, 3)``, or frames ``(T, H, W, 3)``.
        """
        frames = self._draw(actor, action, take, np.atleast_1d(t), size or self.metainfo["size"])
        return frames if np.ndim(t) else frames[0]

    def truth(self, action: int, take: int, times: np.ndarray) -> dict[str, np.ndarray]:
        """Return the true motion, the same for every actor.

        Args:
            action: Number of the action.
            take: Number of the take.
            times: Real times in frames, any shape.

        Returns:
            Arrays of the shape of ``times``, float64: the quantities of :func:`synth.pose`, and
            ``mouth_area``, the open mouth's share of the image, seen from the front.
        """
        pose = synth.pose(action, take, times, self.seed)
        return dict(pose, mouth_area=synth.mouth_area(pose))

    def _draw(self, actor: int, action: int, take: int, times: np.ndarray, size: int) -> np.ndarray:
        return synth.draw(synth.PEOPLE[actor], synth.pose(action, take, times, self.seed), size)

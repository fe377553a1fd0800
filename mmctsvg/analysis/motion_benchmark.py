"""The motion benchmark: drawn people whose true motion is known, and what systems show of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np

from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.datasets.converters.drawn import DrawnClip
from mmctsvg.evaluation.metrics.synth_truth import NAMES
from mmctsvg.evaluation.video import Cell, Video
from mmctsvg.utils.errors import UserError

from .motion_scores import (
    Grid,
    Record,
    grid_records,
    recovery_record,
    score_grid,
    score_recovery,
)
from .recovery import RecoveryClip, drawn_clips

FPS = SynthActorsDataset.fps
#: Name of a score -> what it is.
SCORES = {
    "recovery": "correlation of a held-out clip's main curve, as the system shows it, with the "
    "true one",
    "replay": "the same, with the clip's motion on another actor",
    "synchrony": "mean correlation of the main curves of videos with one motion and action, over "
    "pairs of contents; chance: of different motions; 0 where hardly anything moves",
    "amplitude": "mean standard deviation of the main curve by that in real clips of the action",
    "diversity": "mean correlation of the main curves of videos with one action and different "
    "motions, the less the better down to the real clips'; 1 where hardly anything moves",
    "transfer_seen": "share of videos in which the part moves that the action moves, in pairs of "
    "actor and action that training shows",
    "transfer_unseen": "the same in pairs that training does not show",
}


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What is trained on and what is shown; everything follows from these numbers.

    Training shows takes 0, 1, ... of all pairs of actor and action but one per actor
    (`SynthActorsDataset`). Takes from ``takes`` on are held out, and so are the other pairs.

    Attributes:
        version: Name of these numbers and of the scores' definitions.
        takes: Number of training takes of every action.
        clips: Number of held-out clips whose motion is recovered, each of a take of its own; half
            of them show pairs that training does not show.
        clip_frames: Number of frames of clips, for training and of those that are held out.
        motions: Number of motions that are shown on all pairs.
        grid_frames: Number of frames of these videos.
    """

    version: str = "1"
    takes: int = 256
    clips: int = 40
    clip_frames: int = 48
    motions: int = 8
    grid_frames: int = 32

    @cached_property
    def cells(self) -> list[Cell]:
        """All pairs: names of actor and action, and whether training shows them."""
        return [
            (actor, action, self.is_seen(actor, action))
            for actor in NAMES
            for action in synth.ACTIONS
        ]

    @cached_property
    def held_out(self) -> list[RecoveryClip]:
        """Clips whose motion is recovered."""
        return drawn_clips(self.clips, [], self.clip_frames, self.takes)

    @staticmethod
    def is_seen(actor: str, action: str) -> bool:
        """Tell whether training shows an actor in an action."""
        numbers = NAMES.index(actor), synth.ACTIONS.index(action)
        return not SynthActorsDataset.is_held_out(*numbers)

    def replayed(self, clip: RecoveryClip) -> RecoveryClip:
        """Return the clip with the next actor whom training shows in its action."""
        place = NAMES.index(clip.actor)
        others = NAMES[place + 1 :] + NAMES[:place]
        return replace(clip, actor=next(n for n in others if self.is_seen(n, clip.action)))

    def start_clip(self, actor: str, action: str) -> tuple[str, str, int]:
        """Return the training clip (actor, action, take) whose first frame begins a video.

        Of a pair that training does not show, it is one of another action.
        """
        shown = [action, *synth.ACTIONS]
        return actor, next(a for a in shown if self.is_seen(actor, a)), 0

    def pack(self, takes: int) -> list[DrawnClip]:
        """List the clips that are given out: for training, and those whose motion is recovered.

        Args:
            takes: Number of training takes of every action, at most all.

        Raises:
            UserError: If there are too few takes for motions that differ, or more than there are.
        """
        if not 2 <= takes <= self.takes:
            raise UserError(
                f"takes is {takes}: different motions take at least 2, and takes from {self.takes} "
                "on are held out."
            )
        train = [
            DrawnClip(actor, action, take, is_train=True)
            for actor, action, seen in self.cells
            for take in range(takes if seen else 0)
        ]
        held_out = [
            DrawnClip(clip.actor, clip.action, self.takes + number, is_train=False)
            for number, clip in enumerate(self.held_out)
        ]
        return train + held_out

    @property
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the numbers, but for the size of the frames."""
        return {
            "benchmark": f"drawn people, version {self.version}",
            **{key: value for key, value in asdict(self).items() if key != "version"},
            "seed": 0,
            "fps": FPS,
        }


class Entry(Protocol):
    """A system, or what stands in its place, that shows what the benchmark asks for.

    Attributes:
        size: Side of its frames in pixels.
        notes: Warnings about its videos: sentences for the card.
    """

    size: int
    notes: Sequence[str]

    def refusal(self, score: str) -> str | None:
        """Say why it cannot have a score, a key of `SCORES`; None if it can."""

    def recover(self, clip: RecoveryClip) -> np.ndarray:
        """Show a held-out clip by its recovered motion, uint8 ``(T, H, W, 3)``."""

    def replay(self, clip: RecoveryClip, actor: str) -> tuple[np.ndarray, str]:
        """Show the recovered motion on an actor, and name the actor who is seen."""

    def show(self, motion: int) -> dict[str, Video]:
        """Show one motion on all contents: videos with all labels, by `grid_records`' cells."""


@dataclass(frozen=True)
class DrawnEntry:
    """Real clips in the place of a system, which give the ends of the scores.

    Attributes:
        benchmark: Benchmark that it takes part in.
        size: Side of the frames in pixels.
        kind: ``'real'``, the best that can be measured; ``'frozen'``, their first frames; or
            ``'other'``, clips of other takes, for every actor another one.
    """

    benchmark: Benchmark
    size: int
    kind: str
    notes = ()

    def refusal(self, score: str) -> str | None:
        """Return None; see `Entry`."""

    def _draw(self, actor: str, action: str, take: int, frames: int) -> np.ndarray:
        times = np.arange(frames) * (self.kind != "frozen")
        cell = NAMES.index(actor), synth.ACTIONS.index(action), take
        return SynthActorsDataset(size=self.size, num_takes=1).render(*cell, times)

    def _other(self, *numbers: int) -> int:
        """Draw a take: those at equal distances would be alike in tempo."""
        return int(np.random.default_rng(numbers).integers(self.benchmark.takes))

    def recover(self, clip: RecoveryClip) -> np.ndarray:
        """Draw the clip, or one in its place."""
        return self.replay(clip, clip.actor)[0]

    def replay(self, clip: RecoveryClip, actor: str) -> tuple[np.ndarray, str]:
        """Draw the clip with an actor."""
        take = int(clip.name.rpartition("take")[2])
        if self.kind == "other":
            take = self._other(take)
        return self._draw(actor, clip.action, take, len(next(iter(clip.truth.values())))), actor

    def show(self, motion: int) -> dict[str, Video]:
        """Draw a take of every action with all actors."""
        videos = {}
        for actor, action, seen in self.benchmark.cells:
            take = self._other(motion, NAMES.index(actor)) if self.kind == "other" else motion
            videos[f"{actor}/{action}"] = Video(
                frames=self._draw(actor, action, take, self.benchmark.grid_frames),
                name=f"{actor}, {action}, take {take}",
                actor=actor,
                action=action,
                motion=str(motion),
                seen=seen,
            )
        return videos


#: A function that measures a piece, or returns what was kept under its name.
Keep = Callable[[str, Callable[[], dict[str, Any]]], dict[str, Any]]


def take_part(
    entry: Entry, benchmark: Benchmark, keep: Keep, on_piece: Callable[[str, int, int], None]
) -> dict[str, dict[str, Any]]:
    """Measure everything that an entry shows, piece by piece: a clip, or a motion on all contents.

    Args:
        entry: Entry to be measured.
        benchmark: Benchmark.
        keep: Function that is given the name of a piece and the function that measures it.
        on_piece: Function that is called after each piece with its name, its number from 1 on, and
            the number of all.

    Returns:
        ``clips`` and ``grid``: their ``records``, empty where the entry has none, and the
        ``seconds`` that they took.
    """
    pieces: list[tuple[str, str, Callable[[], list[Record]]]] = []
    if entry.refusal("recovery") is None:
        pieces += [
            ("clips", clip.name, partial(_measure_clip, entry, benchmark, clip))
            for clip in benchmark.held_out
        ]
    if entry.refusal("amplitude") is None:
        pieces += [
            ("grid", f"motion{motion}", partial(_measure_grid, entry, benchmark, motion))
            for motion in range(benchmark.motions)
        ]
    found: dict[str, dict[str, Any]] = {
        kind: {"records": [], "seconds": 0.0} for kind in ("clips", "grid")
    }
    for number, (kind, name, find) in enumerate(pieces, 1):
        piece = keep(name, partial(_timed, find))
        for key in ("records", "seconds"):
            found[kind][key] += piece[key]
        on_piece(name, number, len(pieces))
    return found


def _timed(find: Callable[[], list[Record]]) -> dict[str, Any]:
    began = time.monotonic()
    return {"records": find(), "seconds": round(time.monotonic() - began, 1)}


def _measure_grid(entry: Entry, benchmark: Benchmark, motion: int) -> list[Record]:
    return grid_records(entry.show(motion), benchmark.grid_frames)


def _measure_clip(entry: Entry, benchmark: Benchmark, clip: RecoveryClip) -> list[Record]:
    drawn = DrawnEntry(benchmark, entry.size, "real")

    def compare(frames: np.ndarray, actor: str) -> Record:
        return recovery_record(replace(clip, actor=actor), frames, drawn.replay(clip, actor)[0])

    seen = benchmark.is_seen(clip.actor, clip.action)
    record = {"seen": seen, "recovery": compare(entry.recover(clip), clip.actor)}
    if entry.refusal("replay") is None:
        record["replay"] = compare(*entry.replay(clip, benchmark.replayed(clip).actor))
    return [record]


def score(
    entry: Entry, measured: Mapping[str, Mapping[str, Any]], sizes: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """Compute all scores that an entry can have.

    Args:
        entry: Entry.
        measured: Result of `take_part`.
        sizes: Result of `mean_sizes` for real clips of the frames' size.

    Returns:
        Name of a score, a key of `SCORES` -> ``value``, its 95 % interval ``low`` to ``high``, and
        what belongs to it.
    """
    clips, grid = (measured[kind]["records"] for kind in ("clips", "grid"))
    found: dict[str, dict[str, float]] = {}
    wanted = [name for name in SCORES if entry.refusal(name) is None]
    for name in ("recovery", "replay"):
        if name in wanted:
            found[name] = score_recovery([{**one[name], "seen": one["seen"]} for one in clips])
    if grid:
        found |= score_grid(Grid(grid, sizes))
    return {name: found[name] for name in wanted}

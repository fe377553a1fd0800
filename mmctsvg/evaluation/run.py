"""Running metrics on a generator, or on given videos."""

import inspect
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from mmengine.dist import all_gather_object, get_rank, get_world_size, is_main_process

from mmctsvg.datasets.triplet_dataset import TripletDataset
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.progress import progress_bar

from .clock import Side, rate_notes, summarise_sides
from .metrics.base import VideoMetric
from .video import (
    Cell,
    Video,
    first_frames,
    labels_at,
    lowest_rate,
    needed_times,
    read_videos,
    shoot,
    video_at,
)


class Subject(Protocol):
    """The videos that are evaluated. Every rank gets videos of its own.

    Attributes:
        rate: Frames per second to which all videos are brought; None where nothing tells one.
    """

    rate: float | None

    def real(self, metric: VideoMetric) -> Iterator[Video]:
        """Read real videos for a metric, in a random order."""

    def generated(self, metric: VideoMetric) -> Iterator[Video]:
        """Read or make generated videos for a metric."""

    def reference(self, metric: VideoMetric) -> str:
        """Name the real videos that a metric compares with, for its protocol."""

    def refusal(self, metric: VideoMetric) -> str | None:
        """Say why a metric cannot have a number here, in a sentence; None if it can."""


class GeneratorSubject:
    """A generator beside the data that it was trained on, at the lower rate of both.

    Args:
        inferencer (VideoInferencer): Inferencer of the generator.
        train: Data set that it was trained on.
        test: Data set of held-out clips; None if there are none.
        seed: Seed of the order of real clips.
    """

    def __init__(
        self, inferencer, train: TripletDataset, test: TripletDataset | None, seed: int = 0
    ) -> None:
        self.inferencer = inferencer
        held_out = [] if test is None else [test]
        self.datasets = {"train": [train], "test": held_out or [train], "all": [train, *held_out]}
        self.seed = seed
        self.rate = min(inferencer.fps, train.metainfo["fps"])

    @property
    def cells(self) -> list[Cell]:
        """All cells of the data, each once, with the labels that the generator knows.

        A cell without one of its labels is seen if any of those that it stands for is.
        """
        trained = _cells_of(self.datasets["train"][0])
        actors, actions = self.inferencer.actors, self.inferencer.actions
        seen: dict[tuple[str | None, str | None], bool] = {}
        for actor, action in set().union(*map(_cells_of, self.datasets["all"])):
            known = (actor if actors else None, action if actions else None)
            seen[known] = seen.get(known, False) or (actor, action) in trained
        labelled = [(*labels, trained) for labels, trained in seen.items()]
        return sorted(labelled, key=lambda cell: (cell[0] or "", cell[1] or ""))

    def real(self, metric: VideoMetric) -> Iterator[Video]:
        """Read the clips of the metric's split, in a random order."""
        clips = [(data, n) for data in self.datasets[metric.real_split] for n in range(len(data))]
        order = np.random.default_rng(self.seed).permutation(len(clips))
        trained = _cells_of(self.datasets["train"][0])
        for place in order[get_rank() :: get_world_size()]:
            yield video_at(*clips[place], trained, metric.frames_needed, self.rate)

    def generated(self, metric: VideoMetric) -> Iterator[Video]:
        """Make the videos that the metric lists."""
        self.inferencer.start_frame = first_frames(self.datasets[metric.real_split][0])
        shots = metric.shots(self.cells)[get_rank() :: get_world_size()]
        return shoot(self.inferencer, shots, self.rate)

    def reference(self, metric: VideoMetric) -> str:
        """Name the split of the real clips."""
        return metric.real_split

    def refusal(self, metric: VideoMetric) -> str | None:
        """Say what the generator lacks for the metric's videos."""
        able = self.inferencer.abilities
        lacks = {
            "shared_motion": able.shares_motion or "cannot show one motion on several contents",
            "actor": "actor" in able.needs or "cannot be told an actor",
            "action": "action" in able.needs or "cannot be told an action",
        }
        problems = [lacks[what] for what in metric.asks if lacks[what] is not True]
        if not problems:
            shots = metric.shots(self.cells)
            found = (able.problem(needed_times(self.inferencer, s, self.rate)) for s in shots)
            problems = [problem for problem in found if problem][:1]
        return f"not applicable: this generator {problems[0]}" if problems else None


class FolderSubject:
    """Given videos: two folders or lists.

    Args:
        real: Folder or list of real videos; None where there are none.
        generated: Folder or list of generated videos.
        motion_by_name: Whether clips with the same file name in any folder share their motion.
        fps: Frames per second to which all are brought; None takes the lowest rate among them.
    """

    def __init__(
        self,
        real: Path | None,
        generated: Path,
        motion_by_name: bool = False,
        fps: float | None = None,
    ) -> None:
        self._real, self._generated, self._by_name = real, generated, motion_by_name
        self._fps = fps

    @cached_property
    def rate(self) -> float | None:
        """Frames per second to which all videos are brought; None where none tells its rate."""
        return self._fps or lowest_rate(filter(None, (self._real, self._generated)))

    def check(self) -> None:
        """Try whether there are videos on both sides, and whether the first can be read.

        Raises:
            UserError: If a source is missing or empty, or its first clip cannot be read.
        """
        for source in filter(None, (self._real, self._generated)):
            next(read_videos(source, frames=1))

    def real(self, metric: VideoMetric) -> Iterator[Video]:
        """Read the real videos, in a random order."""
        return iter(()) if self._real is None else self._read(self._real, metric)

    def generated(self, metric: VideoMetric) -> Iterator[Video]:
        """Read the generated videos, in a random order."""
        return self._read(self._generated, metric)

    def reference(self, metric: VideoMetric) -> str:
        """Say whether there are real clips."""
        return "none" if self._real is None else "all real clips that were given"

    def refusal(self, metric: VideoMetric) -> str | None:
        """Return None: the videos are there."""

    def _read(self, source: Path, metric: VideoMetric) -> Iterator[Video]:
        # A metric that has enough stops, and the first of a list may all be of one actor.
        videos = read_videos(source, metric.frames_needed, self._by_name, 0, self.rate)
        return islice(videos, get_rank(), None, get_world_size())


@dataclass(kw_only=True)
class Result:
    """The result of a metric; plain data.

    Attributes:
        name: Name of the metric, with its parameter where that belongs to the name (FVD16).
        numbers: Measured numbers by name.
        protocol: Everything that decides about the numbers.
        weights: File, sha256 and licence of every pretrained network.
        notes: Warnings.
        pictures: Names of files of figures beside the card.
        seconds: Wall-clock time, making and reading of the videos included.
        videos: Number of videos that this process measured in that time.
        sides: Rates and lengths of real and generated videos of all processes, as
            `summarise_sides` gives them.
    """

    name: str
    numbers: dict[str, float]
    protocol: dict[str, Any]
    weights: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    videos: int = 0
    sides: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def speed(self) -> str:
        """Time that it took, in one line."""
        rate = self.videos / max(self.seconds, 1e-9)
        return f"{self.name}: {self.videos} videos in {self.seconds:.1f} s, {rate:.3g} videos/s"


def evaluate(
    metrics: Sequence[VideoMetric],
    subject: Subject,
    out_dir: Path | None = None,
    report: Callable[[list[Result]], None] | None = None,
) -> list[Result]:
    """Run metrics one after the other; call it on all ranks.

    Args:
        metrics: Metrics, in order.
        subject: Videos that they measure.
        out_dir: Folder for figures; None for no figures.
        report: Function that gets all results so far, on the main process: as soon as a metric has
            its numbers, and again when it has drawn figures.

    Raises:
        UserError: If a metric cannot give a number, or two metrics have one name.
    """
    names = [metric.prefix for metric in metrics]
    if len(set(names)) < len(names):
        raise UserError(f"metrics must have different names, not {', '.join(map(str, names))}")
    results: list[Result] = []
    for metric in metrics:
        refusal = subject.refusal(metric)
        results.append(_run(metric, subject) if refusal is None else _refuse(metric, refusal))
        if not is_main_process():
            continue
        if report:
            report(results)
        figures = metric.draw(out_dir) if out_dir and refusal is None else []
        results[-1].pictures = [path.name for path in figures]
        if report and figures:
            report(results)
    return results


def _refuse(metric: VideoMetric, reason: str) -> Result:
    return Result(name=metric.prefix, numbers={}, protocol=dict(metric.protocol), notes=[reason])


def _run(metric: VideoMetric, subject: Subject) -> Result:
    start, name = time.monotonic(), metric.prefix
    compares = metric.wants(real=True)
    sides: dict[str, Side] = {}
    for side, videos in (("real", subject.real(metric)), ("generated", subject.generated(metric))):
        if not metric.wants(real=side == "real"):
            continue
        sides[side] = Side()
        with progress_bar(f"{name}, {side}", "video") as progress:
            for video in videos:
                metric.add(video, real=side == "real")
                sides[side].add(video)
                progress.update()
                if not metric.wants(real=side == "real"):
                    break
    numbers = metric.evaluate()
    # A metric that has enough videos on one rank wants none of a side.
    gathered = all_gather_object(sides)
    summaries = {
        side: summarise_sides([part[side] for part in gathered if side in part])
        for side in ("real", "generated")
    }
    summaries = {side: summary for side, summary in summaries.items() if summary["videos"]}
    protocol = dict(metric.protocol)
    if subject.rate:
        protocol.setdefault("fps", float(f"{subject.rate:.5g}"))
    if compares:
        protocol.setdefault("reference", subject.reference(metric))
    return Result(
        name=name,
        numbers={
            key.removeprefix(f"{name}/"): v.item() if hasattr(v, "item") else v
            for key, v in numbers.items()
        },
        protocol=protocol,
        weights=metric.weights,
        notes=metric.notes + rate_notes(name, summaries, subject.rate),
        seconds=round(time.monotonic() - start, 1),
        videos=sum(side.videos for side in sides.values()),
        sides=summaries,
    )


def _cells_of(dataset: TripletDataset) -> set[tuple[str | None, str | None]]:
    return {labels_at(dataset, number) for number in range(len(dataset.annotations))}


def build_metrics(wanted: Sequence[str | Mapping[str, Any]], **options: Any) -> list[VideoMetric]:
    """Build metrics from names or configs.

    Args:
        wanted: Names of metrics (``FVD16`` means FVD of 16 frames) or configs. Every
            :class:`VideoMetric` registered in ``mmctsvg.registry.METRICS`` can be named; a
            UserError refuses other names.
        **options: Arguments for all metrics that have such an argument, for instance ``device``.
    """
    from . import metrics  # noqa: F401, its classes register themselves

    registered = {
        name: kind for name, kind in METRICS.module_dict.items() if issubclass(kind, VideoMetric)
    }
    found = []
    for one in wanted:
        fvd = re.fullmatch(r"FVD(\d+)", one) if isinstance(one, str) else None
        named = dict(type="FVD", frames=int(fvd[1])) if fvd else dict(type=one)
        config = named if isinstance(one, str) else dict(one)
        name = str(config.pop("type")).removeprefix("mmctsvg.")
        if name not in registered:
            known = ", ".join(sorted(registered))
            raise UserError(f"there is no metric {name!r}; there are {known} (FVD16, FVD64)")
        accepted = inspect.signature(registered[name]).parameters
        shared = {key: value for key, value in options.items() if key in accepted}
        found.append(registered[name](**(shared | config)))
    return found

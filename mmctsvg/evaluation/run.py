"""Running metrics on a generator, or on anybody's videos."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from mmengine.dist import get_rank, get_world_size, is_main_process

from mmctsvg.datasets.triplet_dataset import TripletDataset
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.progress import progress_bar

from .metrics.base import VideoMetric
from .video import Video, read_videos, shoot, video_at

Cell = tuple[str | None, str | None, bool]


class Subject(Protocol):
    """What is evaluated. Every rank gets videos of its own."""

    def real(self, metric: VideoMetric) -> Iterator[Video]:
        """Real videos for a metric, in an order that says nothing."""

    def generated(self, metric: VideoMetric) -> Iterator[Video]:
        """Generated videos for a metric."""

    def reference(self, metric: VideoMetric) -> str:
        """Which real videos a metric compares with, for its protocol."""


class GeneratorSubject:
    """A generator beside the data that it was trained on.

    Args:
        inferencer (CTSVGInferencer): The generator.
        train: the clips that it was trained on.
        test: clips that were kept back; None if there are none.
        seed: of the order of real clips.
    """

    def __init__(
        self, inferencer, train: TripletDataset, test: TripletDataset | None, seed: int = 0
    ) -> None:
        self.inferencer = inferencer
        held_out = [] if test is None else [test]
        self.datasets = {"train": [train], "test": held_out or [train], "all": [train, *held_out]}
        self.seed = seed

    @property
    def cells(self) -> list[Cell]:
        """(actor, action, seen) of all cells of the data; labels that the generator knows."""
        trained = _cells_of(self.datasets["train"][0])
        cells = {cell for dataset in self.datasets["all"] for cell in _cells_of(dataset)}
        actors, actions = self.inferencer.actors, self.inferencer.actions
        seen: dict[tuple[str | None, str | None], bool] = {}
        for a, b in cells:
            known = (a if actors else None, b if actions else None)
            seen[known] = seen.get(known, False) or (a, b) in trained
        labelled = [(*labels, trained) for labels, trained in seen.items()]
        return sorted(labelled, key=lambda cell: (cell[0] or "", cell[1] or ""))

    def real(self, metric: VideoMetric) -> Iterator[Video]:
        """See :class:`Subject`."""
        clips = [
            (dataset, number)
            for dataset in self.datasets[metric.real_split]
            for number in range(len(dataset))
        ]
        order = np.random.default_rng(self.seed).permutation(len(clips))
        trained = _cells_of(self.datasets["train"][0])
        for place in order[get_rank() :: get_world_size()]:
            yield video_at(*clips[place], trained, metric.frames_needed)

    def generated(self, metric: VideoMetric) -> Iterator[Video]:
        """See :class:`Subject`."""
        shots = metric.shots(self.cells)
        yield from shoot(self.inferencer, shots[get_rank() :: get_world_size()])

    def reference(self, metric: VideoMetric) -> str:
        """See :class:`Subject`."""
        return metric.real_split


class FolderSubject:
    """Anybody's videos: two folders or lists.

    Args:
        real: of real videos; None where there are none.
        generated: of generated ones.
        motion_by_name: see `mmctsvg.evaluation.video.read_videos`.
    """

    def __init__(self, real: Path | None, generated: Path, motion_by_name: bool = False) -> None:
        self.paths = {"real": real, "generated": generated}
        self.motion_by_name = motion_by_name

    def real(self, metric: VideoMetric) -> Iterator[Video]:
        """See :class:`Subject`."""
        return self._videos("real", metric)

    def generated(self, metric: VideoMetric) -> Iterator[Video]:
        """See :class:`Subject`."""
        return self._videos("generated", metric)

    def reference(self, metric: VideoMetric) -> str:
        """See :class:`Subject`."""
        return "none" if self.paths["real"] is None else "all real clips that were given"

    def _videos(self, side: str, metric: VideoMetric) -> Iterator[Video]:
        if self.paths[side] is None:
            return iter(())
        # A metric that has enough stops, and the first of a list may all be of one actor.
        videos = read_videos(
            self.paths[side],
            frames=metric.frames_needed,
            motion_by_name=self.motion_by_name,
            seed=0,
        )
        return islice(videos, get_rank(), None, get_world_size())


@dataclass(kw_only=True)
class Result:
    """What a metric found; plain data.

    Attributes:
        name: of the metric, with its parameter where that belongs to the name (FVD16).
        numbers: the measured ones.
        protocol: everything that decides about them.
        weights: file, sha256 and licence of every pretrained network.
        notes: warnings.
        pictures: names of files beside the card.
        seconds: wall-clock time, making and reading of the videos included.
        videos: that this process looked at in that time.
    """

    name: str
    numbers: dict[str, float]
    protocol: dict[str, Any]
    weights: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    videos: int = 0

    @property
    def speed(self) -> str:
        """A line on the time it took."""
        rate = self.videos / max(self.seconds, 1e-9)
        return f"{self.name}: {self.videos} videos in {self.seconds:.1f} s, {rate:.3g} videos/s"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def evaluate(
    metrics: Sequence[VideoMetric],
    subject: Subject,
    out_dir: Path | None = None,
    report: Callable[[list[Result]], None] | None = None,
) -> list[Result]:
    """Run metrics one after the other; call it on all ranks.

    Args:
        metrics: which.
        subject: what they look at.
        out_dir: where pictures go; None for no pictures.
        report: is given all results so far after every metric, on the main process.

    Raises:
        UserError: from a metric that cannot give a number, and if two metrics have one name.
    """
    names = [metric.prefix for metric in metrics]
    if len(set(names)) < len(names):
        raise UserError(f"metrics must have different names, not {', '.join(map(str, names))}")
    results: list[Result] = []
    for metric in metrics:
        results.append(_run(metric, subject, out_dir))
        if report and is_main_process():
            report(results)
    return results


def _run(metric: VideoMetric, subject: Subject, out_dir: Path | None) -> Result:
    start, name, count = time.monotonic(), metric.prefix, 0
    compares = metric.wants(real=True)
    for side, videos in (("real", subject.real(metric)), ("generated", subject.generated(metric))):
        if not metric.wants(real=side == "real"):
            continue
        with progress_bar(f"{name}, {side}", "video") as progress:
            for video in videos:
                metric.add(video, real=side == "real")
                count += 1
                progress.update()
                if not metric.wants(real=side == "real"):
                    break
    numbers = metric.evaluate()
    protocol = dict(metric.protocol)
    if compares:
        protocol.setdefault("reference", subject.reference(metric))
    pictures = metric.draw(out_dir) if out_dir and is_main_process() else []
    return Result(
        name=name,
        numbers={key.removeprefix(f"{name}/"): _plain(v) for key, v in numbers.items()},
        protocol=protocol,
        weights=metric.weights,
        notes=metric.notes,
        pictures=[path.name for path in pictures],
        seconds=round(time.monotonic() - start, 1),
        videos=count,
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _cells_of(dataset: TripletDataset) -> set[tuple[str | None, str | None]]:
    actors, actions = dataset.metainfo["actors"], dataset.metainfo["actions"]
    return {
        (actors[c.actor] if actors else None, actions[c.action] if actions else None)
        for c in dataset.annotations
    }


def build_metrics(wanted: Sequence[str | Mapping[str, Any]], **options: Any) -> list[VideoMetric]:
    """Metrics from names or configs.

    Args:
        wanted: names of metrics (``FVD16`` means FVD of 16 frames) or configs. Every
            :class:`VideoMetric` registered in ``mmctsvg.registry.METRICS`` can be named.
        **options: arguments for all of them which have such an argument, for instance ``device``.

    Raises:
        UserError: if there is no such metric.
    """
    from . import metrics  # noqa: F401, its classes register themselves

    registered = {
        name: kind for name, kind in METRICS.module_dict.items() if issubclass(kind, VideoMetric)
    }
    found = []
    for item in wanted:
        config = _parse(item) if isinstance(item, str) else dict(item)
        name = str(config.pop("type")).removeprefix("mmctsvg.")
        if name not in registered:
            known = ", ".join(sorted(registered))
            raise UserError(f"there is no metric {name!r}; there are {known} (FVD16, FVD64)")
        kind = registered[name]
        accepted = inspect.signature(kind).parameters
        config = {k: v for k, v in options.items() if k in accepted} | config
        found.append(kind(**config))
    return found


def _parse(name: str) -> dict[str, Any]:
    fvd = re.fullmatch(r"FVD(\d+)", name)
    return dict(type="FVD", frames=int(fvd[1])) if fvd else dict(type=name)

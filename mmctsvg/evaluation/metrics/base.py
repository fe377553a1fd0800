"""What every metric of videos is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import (
    broadcast_object_list,
    collect_results,
    get_world_size,
    is_main_process,
)
from mmengine.evaluator import BaseMetric

from mmctsvg.evaluation.video import Shot, Video
from mmctsvg.utils.errors import UserError


class VideoMetric(BaseMetric):
    """A metric that looks at videos one by one.

    What a video gives is a small plain record (never its frames), so memory stays flat, and
    MMEngine gathers the records of all ranks. `process` is MMEngine's entry; without MMEngine call
    `add` for every video and then `evaluate`.

    Attributes:
        needs_real: whether there is no number without real videos.
        real_split: which real videos are looked at: ``'train'``, ``'test'`` or ``'all'``.
        frames_needed: how many frames of a video, from its start, are looked at; None for all.
    """

    needs_real = False
    real_split = "all"
    frames_needed: int | None = None

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Look at videos.

        Args:
            data_batch: not used.
            data_samples: dicts with ``video`` (:class:`Video`) and ``real`` (bool).
        """
        for sample in data_samples:
            self.add(sample["video"], real=sample["real"])

    def add(self, video: Video, *, real: bool) -> None:
        """Look at one video."""
        record = self.measure(video, real)
        if record is not None:
            self.results.append({"real": real, **record})

    def wants(self, *, real: bool) -> bool:
        """Whether more videos of this side are of use."""
        return True

    @abstractmethod
    def measure(self, video: Video, real: bool) -> dict[str, Any] | None:
        """What is kept of a video: plain data or small arrays; None for nothing."""

    def evaluate(self, size: int = 0) -> dict[str, float]:
        """The numbers, on all ranks; afterwards the metric is as new.

        MMEngine's own takes ranks to have equally many records and drops what one has more than
        another; ranks may have any numbers of videos here.

        Args:
            size: not used.

        Returns:
            Names ``PREFIX/NUMBER`` and values.

        Raises:
            UserError: on all ranks, if the videos do not allow a number.
        """
        gathered = collect_results([self.results], get_world_size(), self.collect_device)
        self.results = []
        outcome: list[Any] = [None]
        if is_main_process():
            try:
                numbers = self.compute_metrics([record for part in gathered for record in part])
                outcome = [{f"{self.prefix}/{name}": v for name, v in numbers.items()}]
            except UserError as error:
                outcome = [error]
        broadcast_object_list(outcome)
        if isinstance(outcome[0], UserError):
            raise outcome[0]
        return outcome[0]

    @abstractmethod
    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """The numbers, from what `measure` gave for all videos of all ranks."""

    @abstractmethod
    def shots(self, cells: Sequence[tuple[str | None, str | None, bool]]) -> list[Shot]:
        """The videos that a generator shall make for this metric.

        Args:
            cells: (actor, action, seen) of all cells that the data know; None for a label that the
                generator does not know.
        """

    @property
    @abstractmethod
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the number, as plain data; it is written into the card."""

    @property
    def weights(self) -> list[dict[str, str]]:
        """The weights used: file, sha256, licence and source of each, for the card."""
        return []

    def draw(self, out_dir: Path) -> list[Path]:
        """Make pictures of the last result, if there is something to see; returns their paths."""
        return []

    @property
    def notes(self) -> list[str]:
        """Warnings about the last result: sentences for the card."""
        return []

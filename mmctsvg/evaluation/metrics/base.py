"""The base of all metrics of videos."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import broadcast_object_list, collect_results, get_world_size, is_main_process
from mmengine.evaluator import BaseMetric

from mmctsvg.evaluation.video import Cell, Shot, Video
from mmctsvg.utils.errors import UserError


class VideoMetric(BaseMetric):
    """A metric that takes videos one by one.

    It keeps a small plain record of a video (never its frames), so memory stays flat, and MMEngine
    gathers the records of all ranks. `process` is MMEngine's entry; without MMEngine call `add` for
    every video and then `evaluate`.

    Attributes:
        needs_real: Whether there is no number without real videos.
        real_split: Split of the real videos: ``'train'``, ``'test'`` or ``'all'``.
        frames_needed: Number of frames that are taken from the start of a video; None for all.
        asks: What a generator must be able to do: some of ``'shared_motion'``, ``'actor'`` and
            ``'action'``.
    """

    needs_real = False
    real_split = "all"
    frames_needed: int | None = None
    asks: Sequence[str] = ()
    _notes: Sequence[str] = ()
    _networks: Sequence[Any] = ()  # pretrained networks with their ``weights``

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add ``video`` and ``real`` of all samples; the batch is not used."""
        for sample in data_samples:
            self.add(sample["video"], real=sample["real"])

    def add(self, video: Video, *, real: bool) -> None:
        """Measure one video and keep its record."""
        record = self.measure(video, real)
        if record is not None:
            self.results.append({"real": real, **record})

    def wants(self, *, real: bool) -> bool:
        """Whether more videos of this side are of use."""
        return True

    @abstractmethod
    def measure(self, video: Video, real: bool) -> dict[str, Any] | None:
        """Make the record of a video: plain data or small arrays; None to leave it out."""

    def leading_frames(self, video: Video) -> np.ndarray:
        """Take the first ``frames_needed`` frames of a video; a UserError refuses shorter ones."""
        length = len(video.frames)
        if length < self.frames_needed:
            rate = f" at {video.fps:.4g} per second" if video.fps else ""
            raise UserError(
                f"{video.name}: has {length} frames{rate} and {self.prefix} compares "
                f"{self.frames_needed}; set its frames to at most {length} or leave the video out"
            )
        return video.frames[: self.frames_needed]

    def evaluate(self, size: int = 0) -> dict[str, float]:
        """Compute the numbers on all ranks and forget all records.

        MMEngine's own takes ranks to have equally many records and drops what one has more than
        another; ranks may have any numbers of videos here. ``size`` is not used.

        Returns:
            Values by name, ``PREFIX/NUMBER``.

        Raises:
            UserError: On all ranks, if the videos do not allow a number.
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
        """Compute the numbers from the records of all videos of all ranks."""

    @abstractmethod
    def shots(self, cells: Sequence[Cell]) -> list[Shot]:
        """List the videos that a generator makes for this metric.

        Args:
            cells: All cells of the data, each once.
        """

    @property
    @abstractmethod
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the numbers, as plain data for the card."""

    @property
    def weights(self) -> list[dict[str, str]]:
        """File, sha256, licence and source of all pretrained weights, for the card."""
        return [network.weights for network in self._networks]

    def draw(self, out_dir: Path) -> list[Path]:
        """Draw figures of the last result, if there is something to see, and return their paths."""
        return []

    @property
    def notes(self) -> list[str]:
        """Warnings about the last result: sentences for the card."""
        return list(self._notes)

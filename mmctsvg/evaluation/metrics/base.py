"""What every metric of films is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.evaluator import BaseMetric

from ..film import Film, Shot


class VideoMetric(BaseMetric):
    """A metric that looks at films one by one.

    What a film gives is a small plain record (never its frames), so memory stays flat, and
    MMEngine gathers the records of all ranks. `process` is MMEngine's entry; without MMEngine call
    `add` for every film and then `evaluate`.

    Attributes:
        needs_real: whether real films are needed.
        needs_motion: whether generated films must share motions (see `Film.motion`).
    """

    needs_real = False
    needs_motion = False

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Look at films.

        Args:
            data_batch: not used.
            data_samples: dicts with ``film`` (:class:`Film`) and ``real`` (bool).
        """
        for sample in data_samples:
            self.add(sample["film"], real=sample["real"])

    def add(self, film: Film, *, real: bool) -> None:
        """Look at one film."""
        record = self.measure(film, real)
        if record is not None:
            self.results.append({"real": real, **record})

    @abstractmethod
    def measure(self, film: Film, real: bool) -> dict[str, Any] | None:
        """What is kept of a film: plain data or small arrays; None for nothing."""

    @abstractmethod
    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """The numbers, from what `measure` gave for all films of all ranks."""

    @abstractmethod
    def shots(self, cells: Sequence[tuple[str | None, str | None, bool]]) -> list[Shot]:
        """The films that a generator shall make for this metric.

        Args:
            cells: (actor, action, seen) of all cells that the data know; None for a label that the
                generator does not know.
        """

    @property
    @abstractmethod
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the number, as plain data; it is written into the card."""

    def draw(self, out_dir: Path) -> list[Path]:
        """Make pictures of the last result, if there is something to see; returns their paths."""
        return []

    @property
    def notes(self) -> list[str]:
        """Warnings about the last result: sentences for the card."""
        return []

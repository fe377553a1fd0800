"""Scores of the motion benchmark, from what was measured in videos of drawn people."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from mmctsvg.evaluation.functional.bootstrap import bootstrap_interval, crossed_interval
from mmctsvg.evaluation.functional.correlation import mean_pairwise_correlation, standardise
from mmctsvg.evaluation.functional.drawn_actions import MAIN_CURVE
from mmctsvg.evaluation.functional.gaps import known_mean
from mmctsvg.evaluation.metrics import SynthTruth
from mmctsvg.evaluation.metrics.synth_truth import CURVES, STILL
from mmctsvg.evaluation.video import Video

from .recovery import RecoveryClip, correlate, video_curves

Record = dict[str, Any]


def recovery_record(clip: RecoveryClip, frames: np.ndarray, real: np.ndarray) -> Record:
    """Compare a video with the truth of the clip whose motion it should show.

    Args:
        clip: Drawn clip, with the actor of the video.
        frames: Frames of the video, uint8 ``(T, H, W, 3)``.
        real: Frames of the clip with this actor, of the same shape.

    Returns:
        ``correlation`` of the main curve of the action with the true one, and ``size``, the
        standard deviation of the main curve by that in the clip.
    """
    name, truth = next(iter(clip.truth.items()))
    curves, drawn = video_curves(clip, frames, None), video_curves(clip, real, None)
    correlation = correlate({name: truth}, curves)[name]
    return {"correlation": correlation, "size": float(curves[name].std() / drawn[name].std())}


def grid_records(videos: Mapping[str, Video], frames: int) -> list[Record]:
    """Measure videos with `SynthTruth`.

    Args:
        videos: Videos by their cell, ``CONTENT/...``, with all labels.
        frames: Number of frames of each.

    Returns:
        Of every video its labels; ``content``; ``curve``, the main curve of its action; and
        ``right``, whether the right part moves.
    """
    metric = SynthTruth(frames=frames, interval=0)
    for video in videos.values():
        metric.add(video, real=False)
    return [
        {
            **{key: found[key] for key in ("actor", "action", "motion", "seen")},
            "content": cell.partition("/")[0],
            "curve": found["curves"][CURVES.index(MAIN_CURVE[found["action"]])].tolist(),
            "right": found["action_seen"] == found["action"],
        }
        for cell, found in zip(videos, metric.results, strict=True)
    ]


def mean_sizes(records: Sequence[Record]) -> dict[str, float]:
    """Compute the mean standard deviation of the main curve of every action, of `grid_records`."""
    actions = {record["action"] for record in records}
    return {
        action: float(np.mean([np.std(r["curve"]) for r in records if r["action"] == action]))
        for action in sorted(actions)
    }


class Grid:
    """Videos of contents and motions, as their scores take them.

    Args:
        records: Results of `grid_records` of all motions.
        sizes: Result of `mean_sizes` for real clips.
    """

    def __init__(self, records: Sequence[Record], sizes: Mapping[str, float]) -> None:
        curves = np.array([record["curve"] for record in records])
        self.actions, self.motions, self.contents = (
            np.array([record[key] for record in records]) for key in ("action", "motion", "content")
        )
        deviations = curves.std(1)
        least = np.array([STILL[MAIN_CURVE[action]] for action in self.actions])
        #: Whether what should move does.
        self.moving = deviations >= least
        self.units = standardise(curves) * self.moving[:, None]
        self.sizes = deviations / np.array([sizes[action] for action in self.actions])
        self.right = np.array([record["right"] for record in records])
        self.seen = np.array([record["seen"] for record in records])

    @cached_property
    def _groups(self) -> dict[str, list[np.ndarray]]:
        """Numbers of the videos of every motion, by action."""
        return {
            action: [
                np.flatnonzero((self.actions == action) & (self.motions == motion))
                for motion in np.unique(self.motions[self.actions == action])
            ]
            for action in np.unique(self.actions)
        }

    def synchrony(self, times: np.ndarray) -> float:
        """Mean correlation of videos of one motion and action, over pairs of contents.

        A video in which hardly anything moves counts with correlation 0.

        Args:
            times: How often every video counts, ``(n,)``.
        """
        values, weights = [], []
        for rows in (rows for groups in self._groups.values() for rows in groups):
            value = mean_pairwise_correlation(self.units[rows], times[rows])
            if np.isfinite(value):
                values.append(value)
                weights.append(times[rows].sum())
        return float(np.average(values, weights=weights)) if values else float("nan")

    def likeness(self, times: np.ndarray) -> float:
        """Mean over actions of the correlation of videos with different motions.

        Two videos count as alike (1) if hardly anything moves in one of them: what stands still has
        no motions that differ.

        Args:
            times: How often every video counts, ``(n,)``.
        """
        return known_mean(
            [correlation + 1 - both for correlation, both in self._different_motions(times)]
        )

    def chance(self, times: np.ndarray) -> float:
        """Compute `likeness` with 0 for videos that stand still: what `synchrony` is by chance."""
        return known_mean([correlation for correlation, _ in self._different_motions(times)])

    def _different_motions(self, times: np.ndarray) -> list[tuple[float, float]]:
        """Mean correlation, and share of pairs that both move, for every action."""
        found = []
        for groups in self._groups.values():
            ones, moving, units = (
                np.array([times[rows] @ values[rows] for rows in groups])
                for values in (
                    np.ones((len(self.moving), 1)),
                    self.moving[:, None].astype(float),
                    self.units,
                )
            )
            # A sum over pairs of different groups: of all pairs, less those within a group.
            pairs, both, correlation = (
                np.square(sums.sum(0)).sum() - np.square(sums).sum()
                for sums in (ones, moving, units)
            )
            if pairs > 0:
                found.append((float(correlation / pairs), float(both / pairs)))
        return found

    def amplitude(self, times: np.ndarray) -> float:
        """Mean size of the movements, by that in real clips; ``times`` as in `synchrony`."""
        return float(np.average(self.sizes, weights=times)) if times.any() else float("nan")

    def transfer(self, times: np.ndarray, seen: bool) -> float:
        """Share of videos in which the right part moves.

        Args:
            times: How often every video counts, ``(n,)``.
            seen: Whether of the pairs of actor and action that training shows, or of the others.
        """
        weights = times * (self.seen == seen)
        return float(np.average(self.right, weights=weights)) if weights.any() else float("nan")


def score_recovery(records: Sequence[Record]) -> dict[str, float]:
    """Average the records of held-out clips.

    Args:
        records: Results of `recovery_record`, and whether the clip's pair of actor and action is
            ``seen`` in training.

    Returns:
        ``value``, the mean correlation, with its 95 % interval over clips, ``low`` to ``high``;
        ``seen`` and ``unseen``, the same of the two kinds of pairs; and ``size``, the mean size of
        the movements by the clips'.
    """
    values = np.array([record["correlation"] for record in records])
    low, high = bootstrap_interval(values)
    kinds = {
        name: known_mean(values[[record["seen"] is seen for record in records]])
        for name, seen in (("seen", True), ("unseen", False))
    }
    size = float(np.mean([record["size"] for record in records]))
    return {"value": float(values.mean()), "low": low, "high": high, **kinds, "size": size}


def score_grid(grid: Grid) -> dict[str, dict[str, float]]:
    """Compute all scores of a grid of videos.

    Returns:
        ``synchrony`` (with ``chance``), ``amplitude``, ``diversity`` (the likeness of different
        motions), ``transfer_seen`` and ``transfer_unseen``, each with ``value``, ``low`` and
        ``high``.
    """
    statistics = {
        "synchrony": grid.synchrony,
        "amplitude": grid.amplitude,
        "diversity": grid.likeness,
        "transfer_seen": lambda times: grid.transfer(times, True),
        "transfer_unseen": lambda times: grid.transfer(times, False),
    }
    once, found = np.ones(len(grid.units)), {}
    for name, statistic in statistics.items():
        value, low, high = statistic(once), float("nan"), float("nan")
        if np.isfinite(value):
            low, high = crossed_interval(statistic, grid.motions, grid.contents)
        found[name] = {"value": value, "low": low, "high": high}
    found["synchrony"]["chance"] = grid.chance(once)
    return found

"""LiA: how alike one motion vector moves the mouths of all contents."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from mmctsvg.evaluation.video import Cell, Shot, Video
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError
from mmctsvg.visualization.video_curves import plot_lip_curves

from ..backbones.landmarks import DlibLandmarks, LandmarkDetector
from ..functional.correlation import (
    mean_cross_correlation,
    mean_pairwise_correlation,
    standardise,
    synchrony,
    synchrony_interval,
)
from ..functional.gaps import fill_gaps
from ..functional.lips import lip_area
from .base import VideoMetric
from .contents import draw_contents, make_shots

LEAST_OVERLAP = 0.5  # overlap of a detection with the clip's box; below, the head has left it


@METRICS.register_module()
class LiASync(VideoMetric):
    """Synchrony of lips: the paper's r_t, over several motions.

    The lip area of every frame is a curve for each clip; r_t of one motion is the mean Pearson
    correlation over all pairs of contents that share it, and the result is the mean over motions.

    The clip of a still mouth counts with correlation 0, which is what the noise of the landmarks
    gives in the mean, so r_t hardly depends on the threshold. ``r_t_moving`` leaves such clips out.

    Args:
        frames: Number of frames of a clip, from its start; shorter videos are refused.
        contents: Number of videos per motion that a generator makes, at most one per (actor,
            action) where it knows actors.
        motions: Number of motions that a generator gets.
        max_gap: Number of frames in a row without a face up to which they are interpolated; a clip
            with a longer gap is left out and counted.
        least_variation: Standard deviation of the lip area by its mean below which a mouth is
            still. At 128 px, landmarks of frozen faces with noise or shaking by half a pixel vary
            by 0.01 to 0.08, mouths that speak by 0.04 to 0.47.
        weights: Path of the weights ``landmarks68``; None to fetch them.
        detector: Detector of landmarks; None for dlib's.
        interval: Number of resamplings for the 95 % interval; 0 for none.
        seed: Seed of motions, chosen contents and resamplings.
        offline: Whether weights are never fetched.

    Raises:
        UserError: If an argument is outside its range, or dlib or its weights are missing.

    Source: section 5, "LiA"; table 1.
    """

    default_prefix = "LiA"

    asks = ("shared_motion",)

    def __init__(
        self,
        *,
        frames: int = 60,
        contents: int = 100,
        motions: int = 10,
        max_gap: int = 5,
        least_variation: float = 0.03,
        weights: str | Path | None = None,
        detector: LandmarkDetector | None = None,
        interval: int = 1000,
        seed: int = 0,
        offline: bool = False,
        collect_device: str = "cpu",
    ) -> None:
        super().__init__(collect_device=collect_device)
        if frames < 3 or contents < 2 or motions < 1:
            raise UserError(
                "LiA needs frames >= 3, contents >= 2 and motions >= 1, not "
                f"{frames}, {contents} and {motions}"
            )
        if max_gap < 0 or least_variation < 0 or interval < 0:
            raise UserError(
                "max_gap, least_variation and interval of LiA must be at least 0, not "
                f"{max_gap}, {least_variation} and {interval}"
            )
        self.frames, self.contents, self.motions = frames, contents, motions
        self.max_gap, self.least_variation = max_gap, least_variation
        self.interval, self.seed, self.frames_needed = interval, seed, frames
        self._detector = detector or DlibLandmarks(weights, offline=offline)
        self._networks = [self._detector]
        self._drawn: dict[str, np.ndarray] = {}

    def wants(self, *, real: bool) -> bool:
        """Whether the videos are generated; real ones are of no use."""
        return not real

    def measure(self, video: Video, real: bool) -> dict[str, Any] | None:
        """Measure the lip area of each frame as a share of the face's box.

        Returns:
            None for a real video.

        Raises:
            UserError: If the video is too short or its motion is not known.
        """
        if real:
            return None
        if video.motion is None:
            raise UserError(
                f"{video.name}: LiA compares videos of one motion, and its motion is not known; "
                "give videos of one motion the same file name in the folders of their contents, "
                "and set motion_by_name=True"
            )
        track = self._detector(self.leading_frames(video))
        area = lip_area(track.points) / track.box_area
        labels = [label for label in (video.actor, video.action) if label is not None]
        return {
            "name": video.name,
            "motion": video.motion,
            "content": "/".join(labels) or video.name,
            "area": fill_gaps(area, self.max_gap),
            "missing": int(np.isnan(area).sum()),
            "travels": bool(track.steadiness < LEAST_OVERLAP),
        }

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Correlate the lip curves of the clips of each motion.

        Returns:
            ``r_t``, -1 to 1, with ``r_t_low`` and ``r_t_high``; ``r_t_moving``, without still
            mouths; ``r_t_control`` for pairs with different motions, about 0 if the curves share
            nothing else; ``motions``, the number that entered, and ``clips``; ``lost_clips`` (too
            long without a face), ``still_clips`` among the others, ``missing_frames`` (share of
            all). NaN where there is nothing to compare, with a note.

        Raises:
            UserError: If no two videos share a motion.
        """
        # Ranks deliver in another order than one process does.
        results = sorted(results, key=lambda record: (record["motion"], record["name"]))
        sizes = [sum(r["motion"] == m for r in results) for m in {r["motion"] for r in results}]
        if max(sizes, default=0) < 2:
            raise UserError(
                f"LiA needs two generated videos of one motion, and among {len(results)} videos "
                "there are none"
            )
        kept = [record for record in results if np.isfinite(record["area"]).all()]
        areas = np.array([record["area"] for record in kept]).reshape(-1, self.frames)
        units = standardise(areas, self.least_variation)
        moves = units.any(1)
        owners = np.array([record["motion"] for record in kept])
        rows = {motion: np.flatnonzero(owners == motion) for motion in np.unique(owners)}
        rows = {motion: row for motion, row in rows.items() if len(row) > 1}
        groups = [units[row] for row in rows.values()]
        # Of still mouths only, 0 would look like a measurement.
        measured = any(moves[row].sum() > 1 for row in rows.values())
        nothing = low = high = float("nan")
        if measured:
            names = [[kept[number]["content"] for number in row] for row in rows.values()]
            low, high = synchrony_interval(groups, names, samples=self.interval, seed=self.seed)
        numbers = {
            "r_t": synchrony(groups) if measured else nothing,
            "r_t_low": low,
            "r_t_high": high,
            "r_t_moving": synchrony([units[row[moves[row]]] for row in rows.values()]),
            "r_t_control": mean_cross_correlation(groups) if measured else nothing,
            "motions": len(rows),
            "clips": len(results),
            "lost_clips": len(results) - len(kept),
            "still_clips": int((~moves).sum()),
            "missing_frames": sum(r["missing"] for r in results) / (len(results) * self.frames),
        }
        travelling = sum(record["travels"] for record in kept)
        self._notes = self._warnings(numbers, len(sizes), travelling)
        self._drawn = {}
        for motion, row in rows.items():
            r = mean_pairwise_correlation(units[row])
            self._drawn[f"motion {motion}: {len(row)} contents, r_t = {r:.2f}"] = areas[row]
        return numbers

    def _warnings(self, numbers: dict[str, float], motions: int, travelling: int) -> list[str]:
        clips, lost, still = (numbers[k] for k in ("clips", "lost_clips", "still_clips"))
        notes = []
        if lost == clips:
            notes.append(f"LiA: no face could be followed in any of the {clips} clips: no number")
        elif lost:
            notes.append(
                f"LiA: {lost} of {clips} clips were left out, as no face was found in more than "
                f"{self.max_gap} frames on end"
            )
        if numbers["missing_frames"] and lost < clips:
            notes.append(f"LiA: {numbers['missing_frames']:.2%} of the frames have no face")
        if still:
            notes.append(
                f"LiA: in {still} of {clips} clips the mouth hardly moves (area varies by less "
                f"than {self.least_variation:.0%} of its mean); they count with correlation 0"
            )
        if lost < clips and np.isnan(numbers["r_t"]):
            notes.append("LiA: no motion moves two mouths: no number")
        if lost < clips and numbers["motions"] < motions:
            notes.append(
                f"LiA: {motions - numbers['motions']} of {motions} motions have fewer than two "
                "clips with a face and do not enter"
            )
        if travelling:
            notes.append(
                f"LiA: in {travelling} of {clips} clips the head leaves the box that all frames "
                "share; their curves are less exact"
            )
        if 0 < numbers["motions"] < 3:
            notes.append(
                f"LiA: with {numbers['motions']} motion(s), the interval says little about others"
            )
        return notes

    def draw(self, out_dir: Path) -> list[Path]:
        """Draw the curves of some motions, all contents over each other: ``lia.png``."""
        if not self._drawn:
            return []
        path = Path(out_dir) / "lia.png"
        plot_lip_curves(path, self._drawn, self.least_variation)
        return [path]

    def shots(self, cells: Sequence[Cell]) -> list[Shot]:
        """List every content of `draw_contents` with every motion."""
        contents = draw_contents(cells, self.contents, self.seed, repeat=False)
        motions = range(self.seed, self.seed + self.motions)
        return make_shots(product(motions, enumerate(contents)), self.frames)

    @property
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the numbers."""
        return dict(
            metric="LiA r_t",
            **self._detector.protocol,
            curve="area of the outer lip (48-59) in every frame, as a share of the face's box",
            r_t="mean over motions of the mean Pearson correlation over pairs of contents",
            frames=self.frames,
            generator=f"{self.contents} contents or all cells, {self.motions} motions",
            missing_frames=f"up to {self.max_gap} on end interpolated; more lose the clip",
            still_mouths=f"variation below {self.least_variation:g} of the mean: correlation 0",
            interval=f"95 %, {self.interval} resamplings of motions and of contents, crossed",
            control="mean correlation over pairs of clips with different motions",
            seed=self.seed,
        )

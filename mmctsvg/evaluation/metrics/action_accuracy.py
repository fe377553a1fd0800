"""ActionAccuracy: how often a recogniser finds the action that was asked for."""

import math
import os
from collections.abc import Sequence
from itertools import product
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from mmctsvg.evaluation.video import Cell, Shot, Video
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number
from mmctsvg.visualization.heat import plot_confusion

from ..backbones.pose import PoseSource, find_pose_source
from ..backbones.recognizer import Recognizer
from ..functional.accuracy import confusion_matrix, pessimistic_rank, wilson_interval
from .base import VideoMetric
from .contents import make_shots

VARIABLE = "MMCTSVG_RECOGNIZER"
GROUPS = ("real", "seen", "unseen", "fake")
_ENOUGH_PERSON = 0.5  # least share of the frames in which a person is found
_FEW_CELLS = 20


@METRICS.register_module()
class ActionAccuracy(VideoMetric):
    """Top-1 and top-3 accuracy of an action recogniser on skeletons of the videos.

    The recogniser has been trained on real clips (`mmctsvg.engine.recognition`). Groups of videos
    are kept apart: ``real`` (clips that it was not trained on; others are left out and counted),
    ``seen`` and ``unseen`` (generated, by whether the generator was trained on that actor with that
    action), ``fake`` (generated, where that is not known). A video in which less than half of the
    frames show a person counts as recognised wrongly.

    Args:
        recognizer: File of the recogniser; None for the variable ``MMCTSVG_RECOGNIZER``.
        pose: Source of skeletons for `find_pose_source`, as in the recogniser's training.
        frames: Largest number of frames of a video, from its start; None for the length on which
            the recogniser's accuracy on real clips was measured.
        motions: Number of videos that a generator makes of every cell; all cells share the motions.
        min_real_accuracy: Least top-1 of the recogniser on held-out real clips, in percent.
        device: Device of the recogniser; None for the GPU if there is one.

    Raises:
        UserError: If the recogniser is missing, or its accuracy too low or unknown.

    Source: section 5.2 of the paper, table 2.
    """

    real_split = "test"
    asks = ("action",)

    def __init__(
        self,
        *,
        recognizer: str | Path | None = None,
        pose: str | Path = "movenet",
        frames: int | None = None,
        motions: int = 4,
        min_real_accuracy: float = 95.0,
        device: str | None = None,
        collect_device: str = "cpu",
    ) -> None:
        super().__init__(collect_device=collect_device, prefix="ActionAccuracy")
        recognizer = recognizer or os.environ.get(VARIABLE)
        if not recognizer:
            raise UserError(
                "ActionAccuracy needs a recogniser: train one (mmctsvg.engine.recognition) and "
                f"give its file as recognizer=PATH or in the environment variable {VARIABLE}"
            )
        self.recognizer = Recognizer(recognizer, device)
        for name, value in (("frames", frames), ("motions", motions)):
            if value is not None:
                check_number(name, value, 1, whole=True)
        self.frames = self.frames_needed = frames or self.recognizer.window
        self.motions = motions
        self.min_real_accuracy = min_real_accuracy
        self._check_accuracy(recognizer)
        self.pose: PoseSource = find_pose_source(pose)
        self._networks = [self.pose, self.recognizer]
        self._train_clips = [PurePath(clip).parts for clip in self.recognizer.train_clips]
        self._matrices: dict[str, np.ndarray] = {}

    def _check_accuracy(self, path: str | Path) -> None:
        known = self.recognizer.held_out.get("windows_top1")
        if known is None:
            raise UserError(
                f"{path}: nothing is known of its accuracy on real clips; train it again, which "
                "measures it"
            )
        if not known >= self.min_real_accuracy:
            raise UserError(
                f"{path}: recognises {known:.1f} % of the held-out real clips, and only one with "
                f"{self.min_real_accuracy:g} % is used; train it better, or set min_real_accuracy"
            )

    def measure(self, video: Video, real: bool) -> dict[str, Any] | None:
        """Rank the right action of a video, and predict one.

        Raises:
            UserError: If the recogniser does not know the video's action.
        """
        actions = self.recognizer.actions
        if video.action not in actions:
            shown = "has no action label" if video.action is None else f"shows {video.action!r}"
            raise UserError(
                f"{video.name} {shown}, but the recogniser knows the actions {', '.join(actions)}"
            )
        if real and self._trained_on(video.name):
            return {"group": "trained_on"}
        group = "real" if real else {None: "fake", True: "seen", False: "unseen"}[video.seen]
        label = actions.index(video.action)
        record = {
            "group": group,
            "cell": f"{video.actor or video.name}/{video.action}",
            "label": label,
            "predicted": -1,
            "rank": math.inf,
            "frames": min(len(video.frames), self.frames),
        }
        poses = self.pose(video.head(self.frames))
        if poses.found.mean() < _ENOUGH_PERSON:
            return record
        scores = self.recognizer.scores(poses)
        return record | dict(predicted=int(scores.argmax()), rank=pessimistic_rank(scores, label))

    def _trained_on(self, name: str) -> bool:
        parts = PurePath(name).parts
        return any(parts[-len(clip) :] == clip for clip in self._train_clips)

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Compute the accuracies of all groups.

        Returns:
            For every group that occurs, with its name and ``_`` before: ``top1``, ``top3`` in
            percent, ``top1_low``, ``top1_high``, ``top3_low``, ``top3_high`` (95 %, Wilson, the
            cells (actor, action) being the independent units), ``videos``, ``cells``, ``nobody``
            (videos without a person).

        Raises:
            UserError: If no video shows a person.
        """
        known = [r for r in results if r["group"] != "trained_on"]
        if not any(r["predicted"] >= 0 for r in known):
            what = "no video shows a person" if known else "there is no video to recognise"
            raise UserError(f"action accuracy: {what}, so it has no value")
        numbers: dict[str, float] = {}
        self._matrices, self._notes = {}, []
        self._note_training(len(results) - len(known))
        for group in GROUPS:
            members = [r for r in known if r["group"] == group]
            if members:
                numbers |= self._numbers(group, members)
        return numbers

    def _numbers(self, group: str, members: list[dict[str, Any]]) -> dict[str, float]:
        cells = len({r["cell"] for r in members})
        nobody = sum(r["predicted"] < 0 for r in members)
        numbers: dict[str, float] = {"videos": len(members), "cells": cells, "nobody": nobody}
        for k in (1, 3):
            share = sum(r["rank"] < k for r in members) / len(members)
            low, high = wilson_interval(share, cells)
            numbers[f"top{k}"] = 100 * share
            numbers[f"top{k}_low"], numbers[f"top{k}_high"] = 100 * low, 100 * high
        labels, predicted = (np.array([r[k] for r in members]) for k in ("label", "predicted"))
        self._matrices[group] = confusion_matrix(labels, predicted, len(self.recognizer.actions))
        if cells < _FEW_CELLS:
            self._notes.append(
                f"the {group} videos are of {cells} cells (actor, action) only: mind the interval"
            )
        if nobody:
            self._notes.append(
                f"in {nobody} of {len(members)} {group} videos nobody was found: counted as wrong"
            )
        short = sum(r["frames"] < self.frames for r in members)
        if short:
            self._notes.append(
                f"{short} of {len(members)} {group} videos have fewer than {self.frames} frames"
            )
        return {f"{group}_{name}": value for name, value in numbers.items()}

    def _note_training(self, left_out: int) -> None:
        if left_out:
            self._notes.append(
                f"{left_out} real clips were left out, because the recogniser was trained on them"
            )
        if self.recognizer.skeletons != self.pose.protocol:
            self._notes.append("the recogniser was trained on skeletons from another source")
        if self.frames != self.recognizer.window:
            self._notes.append(
                f"videos of {self.frames} frames are recognised, but the accuracy on real clips "
                f"was measured on {self.recognizer.window}"
            )

    def shots(self, cells: Sequence[Cell]) -> list[Shot]:
        """List every cell with every motion; a UserError refuses generators without actions."""
        if any(action is None for _, action, _ in cells):
            raise UserError("the generator knows no actions, so action accuracy has no meaning")
        return make_shots(product(range(self.motions), enumerate(cells)), self.frames)

    @property
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the numbers."""
        known = self.recognizer.held_out
        left_out = known.get("actors_left_out", {}).get("windows_top1")
        return dict(
            metric=self.prefix,
            skeletons=self.pose.protocol["name"],
            actions=", ".join(self.recognizer.actions),
            frames=self.frames,
            motions=self.motions,
            generated_times="from 0",
            reference="real clips that the recogniser was not trained on",
            recognizer_top1=f"{known['windows_top1']:.1f} % of {known['windows']} windows of "
            f"{self.recognizer.window} frames of {known['clips']} held-out real clips",
            recognizer_top1_new_actors="unknown" if left_out is None else f"{left_out:.1f} %",
            min_real_accuracy=self.min_real_accuracy,
            nobody="a video with a person in less than half of its frames counts as wrong",
            ties="count as wrong",
            interval="Wilson, 95 %; cells (actor, action) are the independent units",
        )

    def draw(self, out_dir: Path) -> list[Path]:
        """Draw the confusion matrices of all groups: ``action_confusion.png``."""
        if not self._matrices:
            return []
        path = Path(out_dir) / "action_confusion.png"
        plot_confusion(path, self._matrices, self.recognizer.actions)
        return [path]

"""Draws the training curves into one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmctsvg.registry import HOOKS
from mmctsvg.visualization.curves import plot_curves, read_scalars


@HOOKS.register_module()
class CurvesHook(Hook):
    """Drawing of ``work_dir/curves.png`` from time to time and at the end.

    The curves come from the scalars that the logger wrote in this and in earlier runs in the same
    work dir, so they go on through interruptions.

    Args:
        interval: Number of iterations between two drawings; -1 draws after the last one alone.
    """

    priority = "LOW"  # after the logger, before the checkpoint

    def __init__(self, interval: int = -1) -> None:
        self.interval = interval

    def after_train_iter(self, runner: Runner, batch_idx: int, **_: Any) -> None:
        """Draw when due."""
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            self._draw(runner)

    @master_only
    def _draw(self, runner: Runner) -> None:
        folder = Path(runner.work_dir)
        title = f"{folder.name}: {runner.iter + 1} of {runner.max_iters} iterations"
        plot_curves(folder / "curves.png", read_scalars(folder), title)

"""Draws the training curves into one picture."""

from pathlib import Path

from mmengine.runner import Runner

from mmctsvg.registry import HOOKS
from mmctsvg.visualization.curves import plot_curves, read_scalars

from ..showing import show_image
from .periodic_hook import PeriodicHook


@HOOKS.register_module()
class CurvesHook(PeriodicHook):
    """Draw ``work_dir/curves.png`` every ``interval`` iterations and at the end.

    The curves come from the logger's scalars of all runs in the work dir, so they go on through
    interruptions. The visualizer's backends get the image too.
    """

    def write(self, runner: Runner) -> None:
        """Draw the curves."""
        folder = Path(runner.work_dir)
        title = f"{folder.name}: {runner.iter + 1} of {runner.max_iters} iterations"
        plot_curves(folder / "curves.png", read_scalars(folder), title)
        show_image(runner.visualizer, "curves", folder / "curves.png", runner.iter + 1)

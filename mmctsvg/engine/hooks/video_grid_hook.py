"""Videos of the same people with the same motions, again and again during training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmctsvg.apis.grid import plan_grids, write_grid
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.engine.generator_meta import bare_model, generator_meta
from mmctsvg.registry import HOOKS
from mmctsvg.utils.spread import evenly_spread


@HOOKS.register_module(name=["VideoGridHook", "FilmGridHook"])  # the second: older configs
class VideoGridHook(Hook):
    """Writing of ``work_dir/videos/iter_N.mp4`` and ``.png`` every n iterations and at the end.

    Rows are actors, columns actions, everybody moves by one fixed motion vector; what a generator
    does not know is replaced by drawn contents or motions. The averaged generator is shown.

    Args:
        interval: Number of iterations between two videos; -1 for only one at the end.
        rows: Greatest number of actors, evenly chosen from all.
        columns: Greatest number of actions, likewise.
        frames: Number of frames of the video.
        seed: Seed of everything that is drawn.
    """

    priority = "LOW"

    def __init__(
        self,
        interval: int = 1000,
        rows: int = 4,
        columns: int = 5,
        frames: int = 16,
        seed: int = 0,
    ) -> None:
        self.interval = interval
        self.rows = rows
        self.columns = columns
        self.frames = frames
        self.seed = seed

    def after_train_iter(self, runner: Runner, batch_idx: int, **_: Any) -> None:
        """Write the videos when due."""
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            self._video(runner)

    @master_only
    def _video(self, runner: Runner) -> None:
        inferencer = CTSVGInferencer.from_generator(
            bare_model(runner).generator_ema, generator_meta(runner)
        )
        seeds = [self.seed + i for i in range(1 if inferencer.actions else self.columns)]
        (plan,) = plan_grids(
            inferencer,
            actors=evenly_spread(len(inferencer.actors), self.rows) or None,
            actions=evenly_spread(len(inferencer.actions), self.columns) or None,
            seeds=seeds,
            contents=range(self.seed, self.seed + self.rows),
        )
        name = f"iter_{runner.iter + 1:0{len(str(runner.max_iters))}d}"
        write_grid(inferencer, plan, range(self.frames), Path(runner.work_dir) / "videos" / name)

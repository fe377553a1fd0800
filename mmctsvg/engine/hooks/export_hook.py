"""Writes the averaged generator alone, as one small file that everything else takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmctsvg.checkpoints.generator_file import save_generator
from mmctsvg.registry import HOOKS

from ..generator_meta import bare_model, generator_meta


@HOOKS.register_module()
class ExportHook(Hook):
    """Writing of ``work_dir/generator.safetensors`` from time to time and at the end.

    It runs before the checkpoint of the same iteration is written, so a training whose last
    checkpoint is there has its generator exported.

    Args:
        interval: Number of iterations between two exports; -1 exports after the last one alone.
    """

    priority = "LOW"

    def __init__(self, interval: int = -1) -> None:
        self.interval = interval

    def after_train_iter(self, runner: Runner, batch_idx: int, **_: Any) -> None:
        """Export when due."""
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            self._export(runner)

    @master_only
    def _export(self, runner: Runner) -> None:
        path = Path(runner.work_dir) / "generator.safetensors"
        save_generator(path, bare_model(runner).generator_ema, generator_meta(runner))

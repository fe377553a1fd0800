"""Writes the averaged generator alone, as one small file."""

from pathlib import Path

from mmengine.runner import Runner

from mmctsvg.checkpoints.generator_file import save_generator
from mmctsvg.registry import HOOKS

from ..generator_meta import bare_model, generator_meta
from .periodic_hook import PeriodicHook


@HOOKS.register_module()
class ExportHook(PeriodicHook):
    """Write ``work_dir/generator.safetensors`` every ``interval`` iterations and at the end.

    It comes before the checkpoint of the same iteration, so a finished training has exported.
    """

    def write(self, runner: Runner) -> None:
        """Export the generator."""
        path = Path(runner.work_dir) / "generator.safetensors"
        save_generator(path, bare_model(runner).generator_ema, generator_meta(runner))

"""Videos of the same people with the same motions all through the training."""

from pathlib import Path

from mmengine.runner import Runner

from mmctsvg.apis.grid import plan_grids, write_grid
from mmctsvg.apis.opening import wrap_generator
from mmctsvg.evaluation.video import first_frames
from mmctsvg.registry import HOOKS
from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.spread import evenly_spread

from ..generator_meta import bare_model, generator_meta
from ..showing import show_image, show_video
from .periodic_hook import PeriodicHook


@HOOKS.register_module(name=["VideoGridHook", "FilmGridHook"])  # the second: older configs
class VideoGridHook(PeriodicHook):
    """Write ``work_dir/videos/iter_N.mp4`` and ``.png`` every n iterations and at the end.

    Rows are actors, columns actions, everybody moves by one fixed motion vector; labels that a
    generator does not know are replaced by drawn contents or motions. The averaged generator is
    shown. The visualizer's backends get both too.

    Args:
        interval: Iterations between two videos; -1 for only one at the end.
        rows: Number of actors at most, at least 1, evenly chosen.
        columns: Number of actions at most, at least 1, evenly chosen.
        frames: Number of frames, at least 1.
        seed: Seed of contents and motions, at least 0.

    Raises:
        UserError: If one is no such number.
    """

    def __init__(
        self,
        interval: int = 1000,
        rows: int = 4,
        columns: int = 5,
        frames: int = 16,
        seed: int = 0,
    ) -> None:
        super().__init__(interval)
        for name, value in (("rows", rows), ("columns", columns), ("frames", frames)):
            check_number(f"VideoGridHook.{name}", value, 1, whole=True)
        check_number("VideoGridHook.seed", seed, 0, whole=True)
        self.rows = rows
        self.columns = columns
        self.frames = frames
        self.seed = seed

    def write(self, runner: Runner) -> None:
        """Write the videos."""
        inferencer = wrap_generator(bare_model(runner).generator_ema, generator_meta(runner))
        inferencer.start_frame = first_frames(runner.train_dataloader.dataset)
        motions = 1 if inferencer.actions else self.columns
        (plan,) = plan_grids(
            inferencer,
            actors=evenly_spread(len(inferencer.actors), self.rows) or None,
            actions=evenly_spread(len(inferencer.actions), self.columns) or None,
            seeds=range(self.seed, self.seed + motions),
            contents=range(self.seed, self.seed + self.rows),
        )
        name = f"iter_{runner.iter + 1:0{len(str(runner.max_iters))}d}"
        frames = min(self.frames, inferencer.abilities.longest or self.frames)
        base = Path(runner.work_dir) / "videos" / name
        video, sheet = write_grid(inferencer, plan, range(frames), base)
        show_video(runner.visualizer, "videos", video, runner.iter + 1)
        show_image(runner.visualizer, "sheet", sheet, runner.iter + 1)

"""One short line about the training, with what a person who waits wants to know."""

import datetime
import math
import time
from typing import Any

import torch
from mmengine.hooks import LoggerHook
from mmengine.runner import Runner

from mmctsvg.registry import HOOKS
from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.system import peak_memory


@HOOKS.register_module()
class ProgressLoggerHook(LoggerHook):
    """MMEngine's ``LoggerHook`` with a shorter line for training.

    The line has iteration, iterations and frames per second, time left, memory (peak of the GPU,
    or of the process where there is none), the losses, and the motion of real and fake videos. A
    training with a time budget that will need more says how much.
    Everything goes to the visualizer's backends, also ``training_time``: seconds that the
    iterations of this process took since iteration 0, without data, validations and files; on a CPU
    processor time of all threads. Validation logs as in MMEngine, by iterations.

    Args:
        interval: Iterations between two lines, at least 1.
        silence: Seconds after which a line with the progress only comes in between, at least 0.
        **kwargs: Arguments of MMEngine's hook.

    Raises:
        UserError: If ``interval`` or ``silence`` is another.
    """

    def __init__(self, interval: int = 50, silence: float = 15.0, **kwargs: Any) -> None:
        # MMEngine would write validations at epoch 0, before all that was logged so far.
        kwargs.setdefault("log_metric_by_epoch", False)
        check_number("ProgressLoggerHook.interval", interval, 1, whole=True)
        check_number("ProgressLoggerHook.silence", silence, 0)
        super().__init__(interval, **kwargs)
        self.silence = silence
        self._shown_at = time.monotonic()
        self._clock = time.perf_counter if torch.cuda.is_available() else time.process_time
        self._began = 0.0

    def before_train_iter(self, *args: Any, **kwargs: Any) -> None:
        """Start the clock of the iteration."""
        self._began = self._clock()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict[str, Any] | None = None,
        outputs: dict[str, torch.Tensor] | None = None,
    ) -> None:
        """Log every ``interval`` iterations and at the last one."""
        hub = runner.message_hub  # part of the checkpoint
        spent = hub.get_info("training_time", 0.0) + self._clock() - self._began
        hub.update_info("training_time", spent)
        due = self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner)
        if not due and time.monotonic() - self._shown_at < self.silence:
            return
        self._shown_at = time.monotonic()
        seconds = hub.get_scalar("train/time").mean(self.interval)
        videos, length = data_batch["frames"].shape[:2]
        speed = {
            "iterations_per_second": 1 / max(seconds, 1e-9),
            "frames_per_second": videos * length * runner.world_size / max(seconds, 1e-9),
            "memory": used_memory(),
        }
        if not due:
            runner.logger.info(self._line(runner, speed, {}))
            return
        scalars, _ = runner.log_processor.get_log_after_iter(runner, batch_idx, "train")
        runner.logger.info(self._line(runner, speed, scalars))
        runner.visualizer.add_scalars(
            {**scalars, **speed, "training_time": spent},
            step=runner.iter + 1,
            file_path=self.json_log_path,
        )

    @staticmethod
    def _line(runner: Runner, speed: dict[str, float], scalars: dict[str, float]) -> str:
        last = str(runner.max_iters)
        eta = runner.message_hub.get_info("eta")
        deadline = getattr(runner, "deadline", None)  # MMEngine's own Runner has none
        rest = math.inf if deadline is None else deadline - time.perf_counter()
        numbers = [
            f"{name} {value:.3g}"
            for name, value in scalars.items()
            if name.startswith(("loss", "motion"))
        ]
        parts = [
            f"iter {runner.iter + 1:{len(last)}d}/{last}",
            f"{speed['iterations_per_second']:.3g} it/s, {speed['frames_per_second']:.3g} frames/s",
            f"{_duration(eta)} left",
            *([f"{_duration(eta - rest)} over the budget"] if eta > rest else []),
            f"{speed['memory']:.0f} MB",
            *(["  ".join(numbers)] if numbers else []),
        ]
        return " | ".join(parts)


def _duration(seconds: float) -> datetime.timedelta:
    return datetime.timedelta(seconds=round(seconds))


def used_memory() -> float:
    """Return the peak memory so far, in MB: of the GPU, or of this process without one."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    return peak_memory()

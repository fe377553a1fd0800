"""Collects the losses of every iteration without making the host wait for the device."""

import math
from typing import Any

import torch
from mmengine.hooks import LoggerHook, RuntimeInfoHook
from mmengine.logging import HistoryBuffer
from mmengine.runner import Runner

from mmctsvg.registry import HOOKS

from ..finite import diverged

HISTORY = 1000  # values kept per scalar; MMEngine copies the whole history at every update


@HOOKS.register_module()
class LazyRuntimeInfoHook(RuntimeInfoHook):
    """MMEngine's ``RuntimeInfoHook``, reading the model's outputs only when they are logged.

    MMEngine's hook turns every output into a Python number in every iteration, for which the host
    waits for a GPU each time. Here the tensors stay where they are; when the logger is due, the
    mean of each over the iterations since the last time comes over in one transfer.
    """

    def before_train(self, runner: Runner) -> None:
        """Find out when the logger is due."""
        super().before_train(runner)
        loggers = [hook for hook in runner.hooks if isinstance(hook, LoggerHook)]
        self.interval = loggers[0].interval if loggers else 10
        self._outputs: dict[str, list[torch.Tensor]] = {}
        for name in ("time", "data_time"):
            runner.message_hub.log_scalars.setdefault(
                f"train/{name}", HistoryBuffer([], [], HISTORY)
            )

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Publish the iteration; learning rates only when they are logged."""
        runner.message_hub.update_info("iter", runner.iter)
        if self._is_due(runner):
            for name, rates in runner.optim_wrapper.get_lr().items():
                runner.message_hub.update_scalar(f"train/{name}", rates[0])

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, torch.Tensor] | None = None,
    ) -> None:
        """Keep the outputs; hand their means to the logger when it is due.

        Raises:
            UserError: If a number was not finite in all these iterations: the training is lost.
        """
        for name, value in (outputs or {}).items():
            self._outputs.setdefault(name, []).append(torch.as_tensor(value).detach())
        if not (self._is_due(runner) and self._outputs):
            return
        names = list(self._outputs)
        means = torch.stack([_finite_mean(torch.stack(self._outputs[name])) for name in names])
        self._outputs = {}
        for name, mean in zip(names, means.tolist(), strict=True):
            if not math.isfinite(mean):
                raise diverged(runner, f"{name} has been {mean} for {self.interval} iterations")
            runner.message_hub.update_scalar(f"train/{name}", mean)

    def _is_due(self, runner: Runner) -> bool:
        return self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner)


def _finite_mean(values: torch.Tensor) -> torch.Tensor:
    """Average the finite values: fp16's loss scaling skips single steps that overflow."""
    finite = values.float().isfinite()
    return torch.where(finite, values.float(), 0.0).sum() / finite.sum()

"""What the hooks share that write a file from time to time."""

from abc import abstractmethod
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmctsvg.utils.numbers import check_number

from ..finite import check_finite


def check_interval(name: str, value: Any) -> None:
    """Refuse what is neither a whole number from 1 on nor -1, which stands for never or all.

    Raises:
        UserError: If it is something else.
    """
    if value != -1:
        check_number(name, value, 1, whole=True)


class PeriodicHook(Hook):
    """Hook whose main process writes every ``interval`` iterations and at the last one.

    Args:
        interval: Iterations between two writings; -1 for the last iteration only.

    Raises:
        UserError: If ``interval`` is neither.
    """

    priority = "LOW"  # after the logger, before the checkpoint

    def __init__(self, interval: int = -1) -> None:
        check_interval(f"{type(self).__name__}.interval", interval)
        self.interval = interval

    def after_train_iter(self, runner: Runner, batch_idx: int, **_: Any) -> None:
        """Write when due, if the training has not diverged."""
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            check_finite(runner)
            if is_main_process():
                self.write(runner)

    @abstractmethod
    def write(self, runner: Runner) -> None:
        """Write the file."""

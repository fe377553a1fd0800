"""A training loop by iterations that resumes without replaying the data."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mmengine.dist import get_world_size
from mmengine.runner import BaseLoop, Runner
from torch import nn
from torch.utils.data import DataLoader

from mmctsvg.registry import LOOPS
from mmctsvg.utils.errors import UnwritableError, UserError
from mmctsvg.utils.numbers import check_number

from .bad_clips import BadClips
from .batches import next_batch, start_loading
from .generator_meta import bare_model
from .processes import watching
from .stop import StopRequest


@LOOPS.register_module()
class ResumableIterBasedTrainLoop(BaseLoop):
    """Loop over a number of iterations, each taking the next batch of an endless data loader.

    MMEngine's ``IterBasedTrainLoop`` draws and drops every batch that was seen before an
    interruption. Here the sampler counts items and begins where the loop says.

    When a signal asks the process to stop, the iteration is finished and the hooks' ``on_stop``
    called, of which the checkpoint's writes one; likewise where no further batch can be read, or a
    hook cannot write its file.

    Args:
        runner: Runner of the training.
        dataloader: Data loader, or its config, whose sampler is endless and has an attribute
            ``start``: the number of items that all processes together have used.
        max_iters: Number of iterations of the whole training, at least 1.
        val_interval: Iterations between two validations, at least 1.

    Attributes:
        stop: Whether the training was asked to stop.
        bad_clips: The clips that could not be read, where the data set skips them.

    Raises:
        UserError: If ``max_iters`` or ``val_interval`` is no positive whole number.
    """

    def __init__(
        self,
        runner: Runner,
        dataloader: DataLoader | dict,
        max_iters: int,
        val_interval: int = 1000,
    ) -> None:
        super().__init__(runner, dataloader)
        for name, value in (("max_iters", max_iters), ("val_interval", val_interval)):
            check_number(name, value, 1, whole=True)
        self.max_iters = max_iters
        self.val_interval = val_interval
        self.max_epochs = 1  # MMEngine's hooks ask for epochs; the whole training is one
        self.stop_training = False
        self.stop = StopRequest()
        self.bad_clips = BadClips(self.dataloader.dataset)
        # The runner sets these two when it resumes.
        self._epoch = 0
        self._iter = 0
        runner.visualizer.dataset_meta = self.dataloader.dataset.metainfo

    @property
    def epoch(self) -> int:
        """Always 0 during training."""
        return self._epoch

    @property
    def iter(self) -> int:
        """Number of finished iterations."""
        return self._iter

    def run(self) -> nn.Module:
        """Train from the current iteration to the last one; return the model."""
        # Weights that were loaded to start from, not to resume, bring a counter of their own.
        bare_model(self.runner).iteration = self._iter
        self.runner.call_hook("before_train")
        self.runner.call_hook("before_train_epoch")
        with self.stop.listening(), watching():
            self._run()
        self.runner.call_hook("after_train_epoch")
        self.runner.call_hook("after_train")
        return self.runner.model

    def _run(self) -> None:
        if self._iter >= self.max_iters:
            return
        begin = self._iter
        self.dataloader.sampler.start = begin * self.dataloader.batch_size * get_world_size()
        # The iterator is made only now: with workers it fetches batches right away.
        batches = start_loading(self.dataloader)
        while self._iter < self.max_iters and not self.stop_training:
            self.runner.model.train()
            batch, error = self._take(batches)
            if self.stop.agreed(error):
                if self._iter > begin:
                    self._call_on_stop()
                if self.stop.failure is not None:
                    raise UserError(self.stop.failure) from error
                break
            self.run_iter(batch)
            if self.runner.val_loop is not None and (
                self._iter % self.val_interval == 0 or self._iter == self.max_iters
            ):
                self._validate()

    def _take(self, batches: Iterator[Any]) -> tuple[Any, UserError | None]:
        """Return the next batch, or why there is none; neither after a signal."""
        if self.stop.signal is not None:
            return None, None
        try:
            batch = next_batch(batches)
            self.bad_clips.count(batch)
        except UserError as error:
            return None, error
        return batch, None

    def _validate(self) -> None:
        if self.stop.agreed():
            return
        try:
            self.runner.val_loop.run()
        except UserError:
            self._call_on_stop()
            raise

    def _call_on_stop(self) -> None:
        self._iter -= 1  # hooks count from the iteration that was done last
        self.runner.call_hook("on_stop")
        self._iter += 1

    def run_iter(self, data_batch: Any) -> None:
        """Train on one batch of the data loader."""
        self.runner.call_hook("before_train_iter", batch_idx=self._iter, data_batch=data_batch)
        outputs = self.runner.model.train_step(data_batch, optim_wrapper=self.runner.optim_wrapper)
        try:
            self.runner.call_hook(
                "after_train_iter", batch_idx=self._iter, data_batch=data_batch, outputs=outputs
            )
        except (OSError, UnwritableError):
            # There may be room for a checkpoint yet.
            with suppress(OSError, UserError):
                self.runner.call_hook("on_stop")
            raise
        self._iter += 1

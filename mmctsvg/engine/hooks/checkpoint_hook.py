"""Checkpoints that are whole or not there, and that hold nothing but plain data."""

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.runner import Runner

from mmctsvg.checkpoints.generator_file import CARD_KEY, make_card
from mmctsvg.registry import HOOKS
from mmctsvg.utils.files import atomic_path, remove_leftovers
from mmctsvg.utils.numbers import check_number

from ..finite import check_finite
from ..generator_meta import bare_model, generator_meta
from .periodic_hook import check_interval


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """MMEngine's ``CheckpointHook`` for trainings that may be killed at any moment.

    A checkpoint is written beside its place and then renamed, ``last_checkpoint`` likewise, and old
    ones are removed only afterwards: there is always a whole checkpoint once there was one. All
    numbers in it are finite, or it is not written. A training that stops early writes one too. With
    the card of its generator, as JSON, it can be used without its config; without the logger's
    history, any PyTorch reads it with ``weights_only=True``.

    Takes the arguments of MMEngine's hook; ``by_epoch`` is False by default.

    Raises:
        TypeError: For another argument, which MMEngine would refuse at the first checkpoint.
        UserError: If ``interval`` or ``max_keep_ckpts`` is neither from 1 on nor -1, or
            ``save_begin`` is no iteration.
    """

    def __init__(self, interval: int = -1, by_epoch: bool = False, **kwargs: Any) -> None:
        name = type(self).__name__
        check_interval(f"{name}.interval", interval)
        check_interval(f"{name}.max_keep_ckpts", kwargs.get("max_keep_ckpts", -1))
        check_number(f"{name}.save_begin", kwargs.get("save_begin", 0), 0, whole=True)
        super().__init__(interval, by_epoch, **kwargs)
        if self.args:
            unknown = ", ".join(map(repr, self.args))
            raise TypeError(f"AtomicCheckpointHook got an unexpected keyword argument {unknown}")

    def before_train(self, runner: Runner) -> None:
        """Remove half-written files of a killed run."""
        super().before_train(runner)
        if is_main_process():
            remove_leftovers(self.out_dir)
            remove_leftovers(runner.work_dir)

    def on_stop(self, runner: Runner) -> None:
        """Write a checkpoint of the iteration that was just done, unless there is one."""
        if self.last_ckpt != str(self._path(runner.iter + 1)):
            self._save_checkpoint(runner)

    def _path(self, step: int) -> Path:
        return Path(self.out_dir) / self.filename_tmpl.format(step)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Add the generator's card and the budget's share, if any; take out all but plain data."""
        generator = getattr(bare_model(runner), "generator_ema", None)
        if generator is not None:
            checkpoint[CARD_KEY] = json.dumps(make_card(generator, generator_meta(runner)))
        if "budget" in runner.cfg:
            checkpoint["meta"]["budget"] = dict(runner.cfg.budget)
        hub = checkpoint["message_hub"]
        hub["log_scalars"] = OrderedDict()
        hub["resumed_keys"] = OrderedDict(
            (key, kept) for key, kept in hub["resumed_keys"].items() if key in hub["runtime_info"]
        )

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict[str, Any]) -> None:
        check_finite(runner)
        path = self._path(step)
        self.last_ckpt = str(path)
        runner.message_hub.update_info("last_ckpt", self.last_ckpt)
        keep = list(runner.message_hub.get_info("keep_ckpt_ids", []))
        if step not in keep:
            keep.append(step)
        # The checkpoint names those that are removed after it too: if the process is killed before,
        # the next run removes them.
        runner.message_hub.update_info("keep_ckpt_ids", keep)
        if is_main_process():
            self._write(runner, path, meta)
        outdated = keep[: -self.max_keep_ckpts] if self.max_keep_ckpts > 0 else []
        runner.message_hub.update_info("keep_ckpt_ids", keep[len(outdated) :])
        if is_main_process():
            for old in outdated:
                self._path(old).unlink(missing_ok=True)

    def _write(self, runner: Runner, path: Path, meta: dict[str, Any]) -> None:
        with atomic_path(path) as temporary:
            runner.save_checkpoint(
                self.out_dir,
                temporary.name,
                save_optimizer=self.save_optimizer,
                save_param_scheduler=self.save_param_scheduler and bool(runner.param_schedulers),
                meta=meta,
                by_epoch=self.by_epoch,
                **self.args,
            )
        with atomic_path(Path(runner.work_dir) / "last_checkpoint") as pointer:
            pointer.write_text(self.last_ckpt, encoding="utf-8")


# For trainings of recognisers: MMAction2's registry reaches MMEngine's, its parent, and no other.
MMENGINE_HOOKS.register_module(module=AtomicCheckpointHook, force=True)

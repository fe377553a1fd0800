"""MMEngine's Runner with a quiet console, and the one that trains GANs of videos."""

import logging
from collections import Counter
from typing import Any

import torch
from mmengine.config import Config
from mmengine.hooks import ParamSchedulerHook
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from mmctsvg.datasets.workers import prepare_loader
from mmctsvg.registry import MODELS, RUNNERS
from mmctsvg.utils.errors import UserError

from .checks import check_loader, check_time_points, check_training
from .complete import complete_config, complete_model
from .config import without_start

#: Beginnings of messages about layers that no model here has, and about MMEngine's own future.
USELESS = ("Distributed training is not used", '"FileClient" will be', '"HardDiskBackend" is')


class QuietRunner(Runner):
    """MMEngine's ``Runner``, whose console gets single lines.

    The environment, the whole config and the list of hooks go to the log file only.
    """

    _starts: Counter[str] = Counter()

    def setup_env(self, env_cfg: dict) -> None:
        """Set up as MMEngine does and make the time of the start unique in this process.

        MMEngine keeps loggers and recorders under the config's name and the second of the start:
        another run that starts within that second would get those of the first, with its folder.
        """
        super().setup_env(env_cfg)
        before = self._starts[self._timestamp]
        self._starts[self._timestamp] += 1
        if before:
            self._timestamp += f"_{before}"

    @staticmethod
    def build_dataloader(dataloader: DataLoader | dict, *args: Any, **kwargs: Any) -> DataLoader:
        """Build a loader as MMEngine does, but for the start of its processes and pinned memory.

        PyTorch would warn that pinning is useless where there is no GPU.
        """
        if isinstance(dataloader, dict) and not torch.cuda.is_available():
            dataloader = {**dataloader, "pin_memory": False}
        loader = Runner.build_dataloader(dataloader, *args, **kwargs)
        return loader if loader is dataloader else prepare_loader(loader)

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build the logger as MMEngine does, filter its console, and let its file fail."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if type(handler) is logging.StreamHandler:
                handler.addFilter(_is_for_people)
            else:
                handler.handleError = _fail  # logging would print a traceback for every line
        return logger


@RUNNERS.register_module()
class CTSVGRunner(QuietRunner):
    """MMEngine's ``Runner`` for a `VideoGAN` whose config says size, labels and seed once.

    `mmctsvg.engine.complete` says what comes from where. The data set is built before the model,
    which takes from it what its config leaves out; they are checked against each other. The config
    that is stored, in the work dir and in checkpoints, is that of `without_start`.

    Attributes:
        deadline: When this training has to be done, by `time.perf_counter`; None for never.
    """

    deadline: float | None = None

    def __init__(self, *args: Any, cfg: Config | None = None, **kwargs: Any) -> None:
        super().__init__(*args, cfg=without_start(cfg) if cfg else cfg, **kwargs)
        for backend in self.visualizer._vis_backends.values():
            if type(backend).__name__ == "MLflowVisBackend":  # which uploads that folder's texts
                backend.cfg = Config({"work_dir": self.work_dir})

    @classmethod
    def from_cfg(cls, cfg: Config) -> "CTSVGRunner":
        """Build the runner of a config as MMEngine does, after completing the config.

        Raises:
            UserError: If the numbers of a data loader are out of range.
        """
        check_loaders(cfg)
        return super().from_cfg(complete_config(cfg))

    def build_model(self, model: nn.Module | dict[str, Any]) -> nn.Module:
        """Build the model that fits the training's data.

        Raises:
            UserError: If the config's model, data and batch do not fit each other.
        """
        return build_checked(self.cfg.filename or "the config", model, self.train_dataloader)

    def resume(
        self,
        filename: str,
        resume_optimizer: bool = True,
        resume_param_scheduler: bool = True,
        map_location: Any = "default",
    ) -> None:
        """Go on from a checkpoint as MMEngine does, with the learning rates of the config.

        MMEngine takes a schedule from the checkpoint: its end too, where a longer training is
        meant. Here the config's own schedule is walked through up to the iteration, which gives
        the rates to the last bit that a training from the start has there.

        Raises:
            UserError: If a schedule follows measurements, which cannot be walked through.
        """
        super().resume(filename, resume_optimizer, False, map_location)
        schedulers = self.param_schedulers if resume_param_scheduler else None
        for scheduler in [one for group in (schedulers or {}).values() for one in group]:
            if getattr(scheduler, "need_val_args", False):
                raise UserError(
                    f"{filename}: cannot be resumed with {type(scheduler).__name__}, whose rates "
                    "follow measurements; take a schedule by iterations"
                )
            scheduler.optimizer._global_step = 0  # else it warns that nothing was trained before
        hook = ParamSchedulerHook()
        for iteration in range(self.iter if schedulers else 0):
            hook.after_train_iter(self, iteration)


def check_loaders(cfg: Config) -> None:
    """Refuse data loaders whose numbers are out of range.

    Raises:
        UserError: If one of them is.
    """
    for name in ("train_dataloader", "val_dataloader"):
        if cfg.get(name):
            check_loader(cfg.filename or "the config", name, cfg[name])


def build_checked(config: str, model: nn.Module | dict[str, Any], loader: DataLoader) -> nn.Module:
    """Build a model, if it is not built yet, and check that it fits its data.

    Args:
        config: Name of the config, for errors.
        model: A `VideoGAN`, or the config of one.
        loader: Data loader of the training.

    Raises:
        UserError: If the config's model, data and batch do not fit each other.
    """
    metainfo = loader.dataset.metainfo
    if isinstance(model, dict):
        check_time_points(config, model)
        model = MODELS.build(complete_model(model, metainfo))
    check_training(config, model, metainfo, loader.batch_size)
    return model


def _fail(record: logging.LogRecord) -> None:
    raise  # what kept the record from being written


def _is_for_people(record: logging.LogRecord) -> bool:
    text = record.getMessage()
    pages = record.levelno <= logging.INFO and "\n" in text
    return not (pages or text.startswith(USELESS))

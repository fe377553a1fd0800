"""The facts about a generator in training that are written with its weights."""

from pathlib import Path
from typing import Any

import torch
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

import mmctsvg


def bare_model(runner: Runner) -> nn.Module:
    """Return the algorithm itself, without a wrapper for several processes."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def generator_meta(runner: Runner) -> dict[str, Any]:
    """Return labels, frame rate, ramp and provenance of the generator that is being trained.

    They are plain data for `mmctsvg.checkpoints.generator_file.make_card`.
    """
    model = bare_model(runner)
    data = runner.train_dataloader.dataset.metainfo
    config = runner.cfg.filename
    return {
        "actors": list(data["actors"]),
        "actions": list(data["actions"]),
        "fps": float(data["fps"]),
        "ramp": float(model.ramp_weight),
        "provenance": {
            "config": Path(config).name if config else None,
            "iterations": model.iteration,
            "batch_size": runner.train_dataloader.batch_size * runner.world_size,
            "dataset": type(runner.train_dataloader.dataset).__name__,
            "switches": dict(model.switches),
            "seed": model.seed,
            "mmctsvg": mmctsvg.__version__,
            "torch": torch.__version__,
        },
    }

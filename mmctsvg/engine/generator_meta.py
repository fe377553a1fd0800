"""What the files that a training writes say about their generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

import mmctsvg


def bare_model(runner: Runner) -> nn.Module:
    """Return the algorithm itself, whatever it is wrapped in for several processes."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def generator_meta(runner: Runner) -> dict[str, Any]:
    """Describe the generator that is being trained: labels, frame rate, ramp and provenance.

    Args:
        runner: Runner of the training.

    Returns:
        Plain data, as `mmctsvg.checkpoints.generator_file.make_card` takes it.
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

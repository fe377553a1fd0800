"""Every generator gets its inferencer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmctsvg.models.baselines.generator import BaselineGenerator

from .baseline_inferencer import BaselineInferencer
from .inferencer import CTSVGInferencer
from .video_inferencer import VideoInferencer, read_model


def open_inferencer(
    model: str | Path, device: str | torch.device | None = None, precision: str = "fp32"
) -> VideoInferencer:
    """Load a generator of any method; the arguments are those of `VideoInferencer`.

    Raises:
        UserError: If a file cannot be used, or the device or precision does not exist there.
    """
    generator, card = read_model(model, device, precision)
    inferencer = _kind_of(generator).__new__(_kind_of(generator))
    inferencer._take(generator, card, str(model))
    return inferencer


def wrap_generator(generator: nn.Module, meta: Mapping[str, Any]) -> VideoInferencer:
    """Wrap a generator of any method that is in memory, see `VideoInferencer.from_generator`."""
    return _kind_of(generator).from_generator(generator, meta)


def _kind_of(generator: nn.Module) -> type[VideoInferencer]:
    return BaselineInferencer if isinstance(generator, BaselineGenerator) else CTSVGInferencer

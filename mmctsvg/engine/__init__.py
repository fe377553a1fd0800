"""What MMEngine lacks to train this model: the runner, the loop, the optimisers, the hooks."""

from . import hooks
from .data_parallel import GANDataParallel
from .optim import LazyAdamConstructor
from .runner import CTSVGRunner
from .train_loop import ResumableIterBasedTrainLoop
from .video_val_loop import VideoValLoop

__all__ = [
    "CTSVGRunner",
    "GANDataParallel",
    "LazyAdamConstructor",
    "ResumableIterBasedTrainLoop",
    "VideoValLoop",
    "hooks",
]

"""What MMEngine lacks to train this model: the loop, the optimisers, the hooks."""

from . import hooks
from .data_parallel import GANDataParallel
from .optim import LazyAdamConstructor
from .train_loop import ResumableIterBasedTrainLoop
from .video_val_loop import VideoValLoop

__all__ = [
    "VideoValLoop",
    "GANDataParallel",
    "LazyAdamConstructor",
    "ResumableIterBasedTrainLoop",
    "hooks",
]

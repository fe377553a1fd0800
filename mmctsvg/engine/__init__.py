"""What MMEngine lacks to train this model: the loop, the optimisers, the hooks."""

from . import hooks
from .data_parallel import GANDataParallel
from .optim import LazyAdamConstructor
from .train_loop import ResumableIterBasedTrainLoop
from .video_val_loop import FilmValLoop

__all__ = [
    "FilmValLoop",
    "GANDataParallel",
    "LazyAdamConstructor",
    "ResumableIterBasedTrainLoop",
    "hooks",
]

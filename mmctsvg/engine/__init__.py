"""What MMEngine lacks to train this model: the loop, the optimisers, the hooks."""

from . import hooks
from .data_parallel import GANDataParallel
from .film_val_loop import FilmValLoop
from .optim import LazyAdamConstructor
from .train_loop import ResumableIterBasedTrainLoop

__all__ = [
    "FilmValLoop",
    "GANDataParallel",
    "LazyAdamConstructor",
    "ResumableIterBasedTrainLoop",
    "hooks",
]

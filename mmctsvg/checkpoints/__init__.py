"""What is kept of a training: the averaged generator in one file, and tunings of it."""

from .fingerprint import fingerprint, weights_version
from .generator_file import allow_generator, load_generator, save_generator
from .tuned_layers import remove_tuning
from .tuning import Tuning, load_tuning, save_tuning

__all__ = [
    "Tuning",
    "allow_generator",
    "fingerprint",
    "load_generator",
    "load_tuning",
    "remove_tuning",
    "save_generator",
    "save_tuning",
    "weights_version",
]

"""Style-based video generation conditioned on actor and action, motion as a function of time."""

from .utils.compat import repair
from .version import __version__

# Before anything else of the package can import torchvision or read a checkpoint.
repair()

__all__ = ["__version__"]

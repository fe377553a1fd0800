"""Style-based video generation conditioned on actor and action, motion as a function of time."""

from .version import __version__

__all__ = ["__version__"]

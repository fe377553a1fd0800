"""Style-based video generation conditioned on actor and action, motion as a function of time."""

import os

from .version import __version__

__all__ = ["__version__"]

# On Apple's GPUs, what has no kernel runs on the CPU. PyTorch reads this when it is loaded.
os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")

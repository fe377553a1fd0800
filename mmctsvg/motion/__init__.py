"""A motion: one vector, the waves that it weighs, its file, and what can be done with them."""

from .equaliser import BANDS, combine, equalise
from .loop import LoopError, make_loop
from .motion import Motion
from .motion_file import load_motion, save_motion
from .retime import retime, video_rate
from .waves import DRIFTS, Waves

__all__ = [
    "BANDS",
    "DRIFTS",
    "LoopError",
    "Motion",
    "Waves",
    "combine",
    "equalise",
    "load_motion",
    "make_loop",
    "retime",
    "save_motion",
    "video_rate",
]

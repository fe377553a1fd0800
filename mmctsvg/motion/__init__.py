"""What can be done with a motion once it is known: its waves one by one."""

from .equaliser import BANDS, combine, equalise
from .loop import LoopError, make_loop
from .pca import MotionPCA, motion_pca
from .retime import film_rate, retime
from .sensitivity import spread_times, wave_sensitivity, wave_table
from .waves import DRIFTS, Waves

__all__ = [
    "BANDS",
    "DRIFTS",
    "LoopError",
    "MotionPCA",
    "Waves",
    "combine",
    "equalise",
    "film_rate",
    "make_loop",
    "motion_pca",
    "retime",
    "spread_times",
    "wave_sensitivity",
    "wave_table",
]

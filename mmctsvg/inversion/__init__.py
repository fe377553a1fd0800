"""Inversion: the motion of a real clip as one vector, and the tuning to its person."""

from .clip import Clip, read_clip, read_original
from .invert import DEFAULT, OFFICIAL, invert, render_motion
from .motion_file import Motion, find_motion, fingerprint, load_motion, read_earlier, save_motion
from .pivotal import PivotalSettings
from .settings import Level, Settings
from .tune import tune
from .tuning_file import Tuning, load_tuning, save_tuning

__all__ = [
    "DEFAULT",
    "OFFICIAL",
    "Clip",
    "Level",
    "Motion",
    "PivotalSettings",
    "Settings",
    "Tuning",
    "find_motion",
    "fingerprint",
    "invert",
    "load_motion",
    "load_tuning",
    "read_clip",
    "read_earlier",
    "read_original",
    "render_motion",
    "save_motion",
    "save_tuning",
    "tune",
]

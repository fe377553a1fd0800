"""Inversion: the motion of a real clip as one vector."""

from .clip import Clip, read_clip
from .invert import DEFAULT, OFFICIAL, invert, render_motion
from .motion_file import Motion, find_motion, fingerprint, load_motion, save_motion
from .settings import Level, Settings

__all__ = [
    "DEFAULT",
    "OFFICIAL",
    "Clip",
    "Level",
    "Motion",
    "Settings",
    "find_motion",
    "fingerprint",
    "invert",
    "load_motion",
    "read_clip",
    "render_motion",
    "save_motion",
]

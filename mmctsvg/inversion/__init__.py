"""Inversion: the motion of a real clip as one vector, and the tuning to its person."""

from .invert import DEFAULT, OFFICIAL, invert
from .original import read_original
from .pivotal import PivotalSettings
from .settings import Level, Settings
from .tune import tune

__all__ = [
    "DEFAULT",
    "OFFICIAL",
    "Level",
    "PivotalSettings",
    "Settings",
    "invert",
    "read_original",
    "tune",
]

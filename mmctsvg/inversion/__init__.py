"""Inversion: the motion of a real clip as one vector, and the tuning to its person."""

from .invert import invert
from .job import Job
from .objective import Objective
from .original import read_original
from .pivotal import PivotalSettings
from .settings import DEFAULT, OFFICIAL, Level, Settings
from .tune import tune

__all__ = [
    "DEFAULT",
    "OFFICIAL",
    "Job",
    "Level",
    "Objective",
    "PivotalSettings",
    "Settings",
    "invert",
    "read_original",
    "tune",
]

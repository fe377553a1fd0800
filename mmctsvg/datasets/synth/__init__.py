"""Drawn people of `mmctsvg.datasets.SynthActorsDataset`: appearance, motion and drawing."""

from .drawing import draw
from .face import mouth_area
from .motion import ACTIONS, pose, take_parameters
from .people import PEOPLE, Person

__all__ = ["ACTIONS", "PEOPLE", "Person", "draw", "mouth_area", "pose", "take_parameters"]

"""The drawn people of :class:`mmctsvg.datasets.SynthActorsDataset`: who they are, how they move,
and how they are drawn. Nothing here knows of datasets."""

from .drawing import draw
from .face import mouth_area
from .motion import ACTIONS, pose, take_parameters
from .people import PEOPLE, Person

__all__ = ["ACTIONS", "PEOPLE", "Person", "draw", "mouth_area", "pose", "take_parameters"]

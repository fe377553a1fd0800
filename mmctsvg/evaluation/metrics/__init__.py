"""Metrics of films, registered with MMEngine."""

from .base import VideoMetric
from .fvd import FVD

__all__ = ["FVD", "VideoMetric"]

"""Metrics of films, registered with MMEngine."""

from .base import VideoMetric
from .fvd import FVD
from .lpips_distance import LPIPSDistance

__all__ = ["FVD", "LPIPSDistance", "VideoMetric"]

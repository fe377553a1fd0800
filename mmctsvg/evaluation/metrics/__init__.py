"""Metrics of videos, registered with MMEngine."""

from .action_accuracy import ActionAccuracy
from .base import VideoMetric
from .fvd import FVD
from .identity import FaceIdentity
from .lia import LiASync
from .lpips_distance import LPIPSDistance
from .synth_truth import SynthTruth

__all__ = [
    "FVD",
    "ActionAccuracy",
    "FaceIdentity",
    "LPIPSDistance",
    "LiASync",
    "SynthTruth",
    "VideoMetric",
]

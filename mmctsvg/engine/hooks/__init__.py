"""Hooks that MMEngine lacks."""

from .checkpoint_hook import AtomicCheckpointHook
from .curves_hook import CurvesHook
from .export_hook import ExportHook
from .progress_logger_hook import ProgressLoggerHook
from .scalars_hook import LazyRuntimeInfoHook
from .video_grid_hook import VideoGridHook

__all__ = [
    "AtomicCheckpointHook",
    "CurvesHook",
    "ExportHook",
    "VideoGridHook",
    "LazyRuntimeInfoHook",
    "ProgressLoggerHook",
]

"""Hooks that MMEngine lacks."""

from .checkpoint_hook import AtomicCheckpointHook
from .curves_hook import CurvesHook
from .export_hook import ExportHook
from .image_generator_hook import ImageGeneratorHook
from .progress_logger_hook import ProgressLoggerHook
from .scalars_hook import LazyRuntimeInfoHook
from .video_grid_hook import VideoGridHook

__all__ = [
    "AtomicCheckpointHook",
    "CurvesHook",
    "ExportHook",
    "ImageGeneratorHook",
    "VideoGridHook",
    "LazyRuntimeInfoHook",
    "ProgressLoggerHook",
]

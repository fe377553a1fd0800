"""What a Python user imports."""

from .baseline_inferencer import BaselineInferencer
from .inferencer import CTSVGInferencer
from .opening import open_inferencer, wrap_generator
from .video_inferencer import VideoInferencer

__all__ = [
    "BaselineInferencer",
    "CTSVGInferencer",
    "VideoInferencer",
    "open_inferencer",
    "wrap_generator",
]

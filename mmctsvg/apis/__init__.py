"""What a Python user imports."""

from .inferencer import CTSVGInferencer

__all__ = ["CTSVGInferencer"]

"""What a Python user imports."""

from .inferencer import CTSVGInferencer
from .weights import load_generator, save_generator

__all__ = ["CTSVGInferencer", "load_generator", "save_generator"]
